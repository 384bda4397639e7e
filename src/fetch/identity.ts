import { acceptEncoding } from './decompress.ts';

/** What we would like to be given, as publishers of feeds expect to read it. */
const accept =
  'application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, ' +
  'application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1';

/** `Newswire/0.1.0 (+https://example.org/about)`: a publisher can tell who asks, and whom to ask. */
export function userAgent(version: string, contactUrl: string | null): string {
  return contactUrl === null ? `Newswire/${version}` : `Newswire/${version} (+${contactUrl})`;
}

/** The headers of every request for a feed. Nothing else about us: no cookie, no referrer, no language. */
export function identityHeaders(agent: string): Readonly<Record<string, string>> {
  return { 'user-agent': agent, accept, 'accept-encoding': acceptEncoding };
}

/** Headers that belong to the exchange itself: a source cannot set them. */
const reserved =
  /^(?:host|connection|keep-alive|proxy-.*|transfer-encoding|content-length|upgrade|te|trailer|expect|accept-encoding|range|if-.*)$/i;

/** The operator's headers for a source, less those that would break the exchange. */
export function customHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept = Object.entries(headers).filter(
    ([name, value]) => token.test(name) && !reserved.test(name) && sendable.test(value),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name.toLowerCase(), value]));
}

const token = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i;
const sendable = /^[\t\x20-\x7e\x80-\xff]*$/;
