import { isLocal } from './poll.ts';

/**
 * The unit of politeness of a source: the host with its port; for a `file:` URL the folder; empty for an invalid URL.
 */
export function hostOf(url: string): string {
  if (!URL.canParse(url)) return '';
  const parsed = new URL(url);
  return parsed.protocol === 'file:' ? parsed.pathname.replace(/\/[^/]*$/, '/') : parsed.host;
}

/** The host of a remote URL; null for a local file and an invalid URL. */
export function remoteHostOf(url: string): string | null {
  const host = hostOf(url);
  return host === '' || isLocal({ host }) ? null : host;
}

/** The host of a URL without a leading `www.`, to compare publishers; null: none. */
export function publisherOf(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  return new URL(url).hostname.replace(/^www\./, '') || null;
}
