import { slug } from '../../../domain/slug.ts';
import { LruCache } from '../../../runtime/lru-cache.ts';
import { formatItemsParams, parseItemsParams, parsePageCursor, parseSearchParams } from '../../shared/query-params.ts';
import { RequestError } from '../../shared/request-error.ts';

/** Longer keys are not used: what they stand for is made each time. */
const maxKeyChars = 1024;
/** Keys of addresses up to this length are looked up; those of longer ones are made each time. */
const maxKnownChars = 256;
const knownBytes = 512 * 1024;

/** Keys by the address as it was asked for. */
const known = new LruCache<string | null>({ maxBytes: knownBytes });

/** Characters of a path (RFC 3986). With any other, a backslash say, servers and URL parsers read different paths. */
const plainPath = /^[\w\-.~!$&'()*+,;=:@%/]*$/;
const feedName = /^feed\.(?:rss|atom|json)$/;

/**
 * The key of the answer to a GET: the path and the known parameters in one fixed spelling and order. Requests that
 * are answered alike have one key, whatever else stands in their addresses; requests that may be answered differently
 * never share one.
 *
 * @param url the request target as it came in.
 * @returns null when the answer is not cached.
 */
export function cacheKey(url: string): string | null {
  const found = known.get(url);
  if (found !== undefined) return found;
  const key = makeKey(url);
  if (url.length <= maxKnownChars) known.set(url, key, key === null ? 0 : 2 * key.length);
  return key;
}

function makeKey(url: string): string | null {
  const start = url.indexOf('?');
  const path = start < 0 ? url : url.slice(0, start);
  if (!path.startsWith('/') || !plainPath.test(path) || url.includes('#')) return null;
  const segments = segmentsOf(path);
  const key = segments === null ? null : keyOf(segments, new URLSearchParams(start < 0 ? '' : url.slice(start)));
  return key === null || key.length > maxKeyChars ? null : key;
}

/** Null when a segment cannot be decoded, or is one that URL parsers take out. */
function segmentsOf(path: string): readonly string[] | null {
  try {
    const segments = path.slice(1).split('/').map(decodeURIComponent);
    return segments.some((segment) => segment === '.' || segment === '..') ? null : segments;
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function keyOf(segments: readonly string[], params: URLSearchParams): string | null {
  try {
    return routeKey(segments, params);
  } catch (error) {
    // A parameter that makes no sense: the answer is an error.
    if (error instanceof RequestError) return null;
    throw error;
  }
}

function routeKey([first = '', second, third, ...more]: readonly string[], params: URLSearchParams): string | null {
  if (more.length > 0) return null;
  if (second === undefined) return rootKey(first, params);
  if (first === 'items') return third === undefined ? itemKey(second, params) : null;
  const name = nameOf(first, second);
  if (name === null) return null;
  if (third === undefined) return joined(['', first, name], placeQuery(params));
  return feedName.test(third) ? joined(['', first, name, third], feedQuery(first, params)) : null;
}

function rootKey(name: string, params: URLSearchParams): string | null {
  if (name === '') return joined(['', ''], placeQuery(params));
  if (name === 'about' || name === 'opml.xml') return joined(['', name], '');
  if (name === 'search') return joined(['', name], formatItemsParams(parseSearchParams(params)));
  return feedName.test(name) ? joined(['', name], feedQuery('', params)) : null;
}

/** Pages that tell what became of a comment, or that show older comments, are not cached. */
function itemKey(id: string, params: URLSearchParams): string | null {
  if (!/^[1-9]\d{0,14}$/.test(id)) return null;
  return (params.get('comment') ?? '') === '' && (params.get('comments') ?? '') === ''
    ? joined(['', 'items', id], '')
    : null;
}

/** A section goes by its slug, whatever its spelling; the id of a source is exact. */
function nameOf(room: string, text: string): string | null {
  if (text === '' || (room !== 'sections' && room !== 'sources')) return null;
  return encodeURIComponent(room === 'sections' ? slug(text) : text);
}

function placeQuery(params: URLSearchParams): string {
  const before = parsePageCursor(params);
  return before === null ? '' : `?before=${before}`;
}

/** What the path says already counts for nothing in the query. */
function feedQuery(room: string, params: URLSearchParams): string {
  const choice = parseItemsParams(params);
  const { filter } = choice;
  if (room === 'sections') return formatItemsParams({ ...choice, filter: { ...filter, sections: [] } });
  return formatItemsParams(room === 'sources' ? { ...choice, filter: { ...filter, sources: [] } } : choice);
}

/** A text of its own: a part of the address would keep all of it in memory. */
function joined(path: readonly string[], query: string): string {
  return [path.join('/'), query].join('');
}
