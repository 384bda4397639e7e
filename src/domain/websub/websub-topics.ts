import { outputFormats } from '../output-formats.ts';
import { slug } from '../slug.ts';

/** Where a subscription of ours stands with its hub. */
export type SubscriptionState =
  /** To be asked for. */
  | 'wanted'
  /** Asked for; the hub has not verified it yet. */
  | 'pending'
  | 'active'
  | 'denied'
  /** No longer wanted; the hub is to be told. */
  | 'dropping'
  | 'dropped';

/** What a hub's pushes are worth: nothing until the first, and nothing again once it has missed what a poll found. */
export type HubTrust = 'unproven' | 'trusted' | 'lost';

interface Named {
  readonly hubs: readonly string[];
  readonly selfUrl: string | null;
}

/** Discovery: of hubs and of self alike, what the Link headers say, and only else what the document says. */
export function hubLinks(links: readonly { readonly rel: string; readonly href: string }[], document: Named): Named {
  const linked = (rel: string): string[] => links.filter((link) => link.rel === rel).map((link) => link.href);
  const hubs = [...new Set(linked('hub'))];
  return { hubs: hubs.length > 0 ? hubs : document.hubs, selfUrl: linked('self')[0] ?? document.selfUrl };
}

/** Path of a section's page and, with `/feed.…`, of its output feeds. */
export function sectionPath(section: string): string {
  return `/sections/${encodeURIComponent(slug(section))}`;
}

/** Path of a source's page and, with `/feed.…`, of its output feeds. */
export function sourcePath(id: string): string {
  return `/sources/${encodeURIComponent(id)}`;
}

/** The topics of the feeds at a path ('' for the merged ones), one for each format. */
export function topicsAt(publicUrl: string, path: string): string[] {
  return outputFormats.map(({ name }) => `${publicUrl}${path}/feed.${name}`);
}

/** What a `hub.topic` turns out to be, as far as its form tells. */
export type ParsedTopic =
  | { readonly kind: 'topic' }
  /** One of our feeds, but not a whole one. */
  | { readonly kind: 'filtered'; readonly whole: string }
  | { readonly kind: 'foreign' };

const formatNames = outputFormats.map(({ name }) => name).join('|');
const feedPath = new RegExp(`^(?:/sections/[^/]+|/sources/[^/]+)?/feed\\.(?:${formatNames})$`);

/**
 * Reads a `hub.topic`. Whether such a feed exists is not looked at.
 *
 * @param publicUrl without a trailing slash.
 */
export function parseTopic(text: string, publicUrl: string): ParsedTopic {
  if (!text.startsWith(`${publicUrl}/`) || text.length > 2048) return { kind: 'foreign' };
  const [path = '', query] = text.slice(publicUrl.length).split(/[?#](.*)/s);
  if (!feedPath.test(path)) return { kind: 'foreign' };
  return query === undefined ? { kind: 'topic' } : { kind: 'filtered', whole: publicUrl + path };
}
