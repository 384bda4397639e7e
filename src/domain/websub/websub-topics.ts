import { outputFormats } from '../output-formats.ts';
import { slug } from '../slug.ts';

/** The state of our subscription at a hub. */
export type SubscriptionState =
  /** To be requested. */
  | 'desired'
  /** Requested; not yet verified by the hub. */
  | 'pending'
  | 'active'
  | 'denied'
  /** No longer desired; the hub is to be notified. */
  | 'unsubscribing'
  | 'unsubscribed';

/** Whether a hub's pushes are relied on: not before the first one, and no longer once it has missed an item. */
export type HubTrust = 'unproven' | 'trusted' | 'lost';

interface LinkedHubs {
  readonly hubs: readonly string[];
  readonly selfUrl: string | null;
}

/** Discovery (WebSub §4): hubs and self URL of the Link headers, and each from the document if no header gives it. */
export function hubLinks(
  links: readonly { readonly rel: string; readonly href: string }[],
  document: LinkedHubs,
): LinkedHubs {
  const linked = (rel: string): string[] => links.filter((link) => link.rel === rel).map((link) => link.href);
  const hubs = [...new Set(linked('hub'))];
  return { hubs: hubs.length > 0 ? hubs : document.hubs, selfUrl: linked('self')[0] ?? document.selfUrl };
}

/** Path of a section's page and, with `/feed.…` appended, of its output feeds. */
export function sectionPath(section: string): string {
  return `/sections/${encodeURIComponent(slug(section))}`;
}

/** Path of a source's page and, with `/feed.…` appended, of its output feeds. */
export function sourcePath(id: string): string {
  return `/sources/${encodeURIComponent(id)}`;
}

/** The topics at a path ('' for the feeds of all items), one for each format. */
export function topicsAt(publicUrl: string, path: string): string[] {
  return outputFormats.map(({ name }) => `${publicUrl}${path}/feed.${name}`);
}

/** What a `hub.topic` is, judged by its form alone. */
export type ParsedTopic =
  | { readonly kind: 'topic' }
  /** One of our feeds with a query, which is no topic; `unfiltered` is. */
  | { readonly kind: 'filtered'; readonly unfiltered: string }
  | { readonly kind: 'foreign' };

const formatNames = outputFormats.map(({ name }) => name).join('|');
const feedPath = new RegExp(`^(?:/sections/[^/]+|/sources/[^/]+)?/feed\\.(?:${formatNames})$`);

/**
 * Parses a `hub.topic`. Does not check whether such a feed exists.
 *
 * @param publicUrl without a trailing slash.
 */
export function parseTopic(text: string, publicUrl: string): ParsedTopic {
  if (!text.startsWith(`${publicUrl}/`) || text.length > 2048) return { kind: 'foreign' };
  const [path = '', query] = text.slice(publicUrl.length).split(/[?#](.*)/s);
  if (!feedPath.test(path)) return { kind: 'foreign' };
  return query === undefined ? { kind: 'topic' } : { kind: 'filtered', unfiltered: publicUrl + path };
}
