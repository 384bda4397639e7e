import { isLocal } from './poll.ts';

/**
 * Whom a source asks: its host with the port, so that politeness can be kept host by host; for a `file:` URL the
 * folder.
 */
export function hostOf(url: string): string {
  if (!URL.canParse(url)) return '';
  const parsed = new URL(url);
  return parsed.protocol === 'file:' ? parsed.pathname.replace(/\/[^/]*$/, '/') : parsed.host;
}

/** The same for what is asked over the network; null for a local file and for what is no URL. */
export function remoteHostOf(url: string): string | null {
  const host = hostOf(url);
  return host === '' || isLocal({ host }) ? null : host;
}

/** The host of a URL without a leading `www.`, to tell whether two things are of one publisher; null: none. */
export function publisherOf(url: string | null): string | null {
  if (url === null || !URL.canParse(url)) return null;
  return new URL(url).hostname.replace(/^www\./, '') || null;
}
