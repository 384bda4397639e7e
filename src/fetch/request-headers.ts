import { type Note, note } from '../domain/notes/note.ts';
import { acceptEncoding } from './client/decompress.ts';
import { isFieldValue } from './client/header-list.ts';

/** The formats that Newswire reads, in the form that feed publishers expect. */
const accept =
  'application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, ' +
  'application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1';

/** `Newswire/0.1.0 (+https://example.org/about)`: identifies the client and its contact to publishers. */
export function userAgent(version: string, contactUrl: string | null): string {
  if (contactUrl === null) return `Newswire/${version}`;
  // RFC 9110 section 5.6.5: an unescaped parenthesis of the URL would end the comment.
  const contact = (URL.parse(contactUrl)?.href ?? '').replaceAll('(', '%28').replaceAll(')', '%29');
  return contact === '' ? `Newswire/${version}` : `Newswire/${version} (+${contact})`;
}

/** The headers of every request for a feed. No cookies, referrer or language are sent. */
export function defaultHeaders(agent: string): Readonly<Record<string, string>> {
  return { 'user-agent': agent, accept, 'accept-encoding': acceptEncoding };
}

/** Headers that control the exchange; a source cannot set them. */
const reserved =
  /^(?:host|connection|keep-alive|proxy-.*|transfer-encoding|content-length|upgrade|te|trailer|expect|accept-encoding|range|if-.*)$/i;

/** The operator's headers for a source without those that would break the exchange, noted as `headers_ignored`. */
export function customHeaders(headers: Readonly<Record<string, string>>): {
  readonly accepted: Readonly<Record<string, string>>;
  readonly notes: readonly Note[];
} {
  const all = Object.entries(headers);
  const kept = all.filter(([name, value]) => token.test(name) && !reserved.test(name) && isFieldValue(value));
  return {
    accepted: Object.fromEntries(kept.map(([name, value]) => [name.toLowerCase(), value])),
    notes: kept.length < all.length ? [note('headers_ignored')] : [],
  };
}

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;
