import type { Webhook } from '../events/webhook.ts';
import type { HiddenParts } from './masking.ts';

/** How much of a source's text our pages, feeds and pushes show. */
export type Republish = 'full' | 'summary' | 'link';

/** A source as the operator declared it, with every default filled in and secrets resolved. */
export interface Source {
  /** Slug, unique over all files. */
  readonly id: string;
  /** Whether the operator wrote the id; an undeclared one follows the title or the URL. */
  readonly idDeclared: boolean;
  /** Absolute `http:`, `https:` or `file:` URL without user name and password. To be shown by `shownUrl` only. */
  readonly url: string;
  /** Null: all of the address may be shown. */
  readonly hidden: HiddenParts | null;
  /** Null: the feed's own title is shown. */
  readonly title: string | null;
  readonly section: string;
  /** Null: adaptive. */
  readonly intervalMs: number | null;
  readonly language: string | null;
  /** Extra request headers, for the source's own origin only. May hold secrets: never logged, never shown. */
  readonly headers: Readonly<Record<string, string>>;
  /** Operator's regular expressions on title and categories (linear time). */
  readonly keep: string | null;
  readonly drop: string | null;
  /** Items taken from one document. */
  readonly limit: number;
  readonly republish: Republish;
  readonly trust: { readonly dates: boolean; readonly ids: boolean };
  /** Changes when anything changes that makes an earlier read of the source invalid. */
  readonly declarationHash: string;
  /** `sources.yaml:12`, for messages. */
  readonly declaredAt: string;
}

/** What the operator says of the whole site. */
export interface Site {
  readonly title: string;
  /** IANA name. */
  readonly timezone: string;
  /** A pattern of dd, MM, yy, yyyy, HH, mm. */
  readonly dateline: string;
  readonly comments: 'off' | 'moderated' | 'open';
  /** What is said above the form for comments. */
  readonly commentsNotice: string;
  readonly politeness: {
    readonly hostGapMs: number;
    readonly hostConcurrency: number;
    readonly globalPerSecond: number;
  };
  /** How long items are kept, and how many of one source. */
  readonly retention: { readonly maxAgeMs: number; readonly itemsPerSource: number };
}

/** Everything in `FEEDS_DIR`, read and checked. */
export interface Declarations {
  readonly site: Site;
  /** Order of the tabs: the declared ones, then those that only sources name. */
  readonly sections: readonly string[];
  readonly sources: readonly Source[];
  readonly webhooks: readonly Webhook[];
}
