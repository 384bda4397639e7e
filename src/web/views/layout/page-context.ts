import type { JSX } from 'hono/jsx/jsx-runtime';
import type { Dateline } from '../../../domain/dateline.ts';
import type { Links } from './view-links.ts';

/** A tab below the masthead. */
export interface Tab {
  readonly name: string;
  readonly href: string;
  /** Value of `aria-current`: `page` on the page of the tab, `true` on a page below it. */
  readonly current: 'page' | 'true' | null;
}

/** What every page needs besides its content: site settings, links and formatters. */
export interface PageContext {
  readonly siteTitle: string;
  /** The current day in words. */
  readonly today: string;
  readonly tabs: readonly Tab[];
  readonly links: Links;
  /** Whether pages show a picture from this address. The Content-Security-Policy allows the same origins. */
  isPictureAllowed(url: string): boolean;
  readonly dateline: Dateline;
  /** The pattern of `dateline`, for the page script. */
  readonly datelinePattern: string;
  readonly timezone: string;
  /** The WebSub hub of the feeds of a page; null: WebSub is off. */
  readonly hubUrl: string | null;
}

/** What differs in the `head` element from page to page. */
export interface PageHead {
  /** Null on the front page: its title is the title of the site. */
  readonly title: string | null;
  readonly description: string | null;
  /** Absolute address of the page; null for pages that no search engine should index by address. */
  readonly canonical: string | null;
  /** Path of the page whose output feeds contain the same items; null: there are none. */
  readonly feedPath: string | null;
  /** More elements of the head: metadata, style sheets and scripts of one page. */
  readonly extra?: JSX.Element;
  /** The search query: the value of the search box, and the filter of the feeds. */
  readonly q?: string | null;
  /** Absolute address of a picture for link previews. */
  readonly image?: string | null;
}
