import type { JSX } from 'hono/jsx/jsx-runtime';
import type { Dateline } from '../../../domain/dateline.ts';
import type { Links } from './view-links.ts';

/** One of the tabs below the masthead. */
export interface Tab {
  readonly name: string;
  readonly href: string;
  /** As `aria-current`: this very page, or a page within it. */
  readonly current: 'page' | 'true' | null;
}

/** What every page has around its own matter. */
export interface PageContext {
  readonly siteTitle: string;
  /** The day in words. */
  readonly today: string;
  readonly tabs: readonly Tab[];
  readonly links: Links;
  /** Whether a page may load a picture from this address; its policy says the same to the browser. */
  isPictureAllowed(url: string): boolean;
  readonly dateline: Dateline;
  /** The patterns behind `dateline`, for the live script. */
  readonly datelinePattern: string;
  readonly timezone: string;
  /** Where one subscribes to what a page shows (WebSub); null: one cannot. */
  readonly hubUrl: string | null;
}

/** What a page says of itself in its head. */
export interface PageHead {
  /** Null on the front page, whose title is the site's. */
  readonly title: string | null;
  readonly description: string | null;
  /** Absolute address of the page; null for error pages. */
  readonly canonical: string | null;
  /** Path whose output feeds show the same items; null when there are none. */
  readonly feedPath: string | null;
  /** Further elements of the head: what the page says of its matter, a script of its own. */
  readonly extra?: JSX.Element;
  /** What was searched for: it stands in the search box, and the feeds are of it. */
  readonly q?: string | null;
  /** Absolute address of a picture for those who link to the page. */
  readonly image?: string | null;
}
