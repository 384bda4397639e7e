import type { AlertReceiver } from '../alerts/alert.ts';
import type { ConfigProblem } from '../config-error.ts';
import type { Webhook } from '../events/webhook.ts';
import type { Republish } from '../items/item.ts';
import type { HiddenParts } from '../masking.ts';
import type { RemoteList } from './remote-list.ts';

/** A declared source, with defaults filled in and secrets resolved. */
export interface Source {
  /** Slug, unique across all files. */
  readonly id: string;
  /** Whether the id is declared; otherwise it is derived from the title or the URL. */
  readonly idDeclared: boolean;
  /** Absolute `http:`, `https:` or `file:` URL without user name and password. Display it only through `displayUrl`. */
  readonly url: string;
  /** Null: the address contains no secrets. */
  readonly hidden: HiddenParts | null;
  /** Null: the feed's own title. */
  readonly title: string | null;
  readonly section: string;
  /** Null: adaptive. */
  readonly intervalMs: number | null;
  readonly language: string | null;
  /** Extra request headers for the source's own origin. May contain secrets: never logged or displayed. */
  readonly headers: Readonly<Record<string, string>>;
  /** RE2 expressions (linear time) on title and categories. */
  readonly keep: string | null;
  readonly drop: string | null;
  /** Maximum number of items read from one document. */
  readonly limit: number;
  readonly republish: Republish;
  readonly trust: { readonly dates: boolean; readonly ids: boolean };
  /** Changes with any setting that invalidates earlier reads of the source. */
  readonly declarationHash: string;
  /** `sources.yaml:12`, for messages. */
  readonly declaredAt: string;
  /**
   * The key of the remote list that names the source; null: the operator declared it. Third parties choose the sources of
   * a remote list, so that their hosts have no exceptions for private networks.
   */
  readonly listedBy: string | null;
}

/** The settings of the whole site. */
export interface Site {
  readonly title: string;
  /** IANA name. */
  readonly timezone: string;
  /** A pattern of dd, MM, yy, yyyy, HH, mm. */
  readonly dateline: string;
  readonly comments: 'off' | 'moderated' | 'open';
  /** The notice above the comment form. */
  readonly commentsNotice: string;
  readonly politeness: {
    readonly hostGapMs: number;
    readonly hostConcurrency: number;
    readonly globalPerSecond: number;
  };
  /** How long items are kept, and how many per source. */
  readonly retention: { readonly maxAgeMs: number; readonly itemsPerSource: number };
}

/** The validated content of `FEEDS_DIR`. */
export interface Declarations {
  readonly site: Site;
  /** In display order: the declared ones, then those that only sources name. */
  readonly sections: readonly string[];
  readonly sources: readonly Source[];
  /** OPML documents of other servers, whose sources are added to `sources` while the server runs. */
  readonly lists: readonly RemoteList[];
  readonly webhooks: readonly Webhook[];
  /** Declarations that are ignored although everything else is valid: outlines of OPML. Limited in number. */
  readonly warnings: readonly ConfigProblem[];
  readonly alerts: readonly AlertReceiver[];
}
