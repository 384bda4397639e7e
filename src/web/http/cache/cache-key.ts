import { feedFileName } from '../../../domain/output-formats.ts';
import { slug } from '../../../domain/slug.ts';
import { LruCache } from '../../../runtime/lru-cache.ts';
import { formatItemsParams, parseItemsParams, parsePageCursor, parseSearchParams } from '../../shared/query-params.ts';
import { RequestError } from '../../shared/request-error.ts';

/** A response with a longer key is not cached. */
const maxKeyChars = 1024;
/** The keys of longer request targets are computed each time. */
const maxKnownChars = 256;
const knownBytes = 512 * 1024;

/** The keys by request target. */
const known = new LruCache<string | null>({ maxBytes: knownBytes });

/** The characters of a path (RFC 3986). With others, such as a backslash, URL parsers read different paths. */
const plainPath = /^[\w\-.~!$&'()*+,;=:@%/]*$/;

/**
 * The cache key of a GET request: the path and the known parameters, in one spelling and order. Requests with equal
 * responses have one key, whatever else their targets contain; requests whose responses may differ never share a key.
 *
 * @param target the request target as it was received.
 * @returns null when the response is not cacheable.
 */
export function cacheKey(target: string): string | null {
  const found = known.get(target);
  if (found !== undefined) return found;
  const key = computeKey(target);
  if (target.length <= maxKnownChars) known.set(target, key, key === null ? 0 : 2 * key.length);
  return key;
}

function computeKey(target: string): string | null {
  const start = target.indexOf('?');
  const path = start < 0 ? target : target.slice(0, start);
  if (!path.startsWith('/') || !plainPath.test(path) || target.includes('#')) return null;
  const segments = segmentsOf(path);
  const key = segments === null ? null : keyOf(segments, new URLSearchParams(start < 0 ? '' : target.slice(start)));
  return key === null || key.length > maxKeyChars ? null : key;
}

/** Null when a segment cannot be decoded, or is one that URL parsers remove. */
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
    // An invalid parameter: the response is an error.
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
  if (third === undefined) return keyFrom(['', first, name], cursorQuery(params));
  return feedFileName.test(third) ? keyFrom(['', first, name, third], feedQuery(first, params)) : null;
}

function rootKey(name: string, params: URLSearchParams): string | null {
  if (name === '') return keyFrom(['', ''], cursorQuery(params));
  if (name === 'about' || name === 'opml.xml') return keyFrom(['', name], '');
  if (name === 'search') return keyFrom(['', name], formatItemsParams(parseSearchParams(params)));
  return feedFileName.test(name) ? keyFrom(['', name], feedQuery('', params)) : null;
}

/** Pages that report the outcome of a comment, or that show older comments, are not cached. */
function itemKey(id: string, params: URLSearchParams): string | null {
  if (!/^[1-9]\d{0,14}$/.test(id)) return null;
  return (params.get('comment') ?? '') === '' && (params.get('comments') ?? '') === ''
    ? keyFrom(['', 'items', id], '')
    : null;
}

/** A section is found by its slug, in any spelling; the id of a source is exact. */
function nameOf(collection: string, text: string): string | null {
  if (text === '' || (collection !== 'sections' && collection !== 'sources')) return null;
  return encodeURIComponent(collection === 'sections' ? slug(text) : text);
}

function cursorQuery(params: URLSearchParams): string {
  const before = parsePageCursor(params);
  return before === null ? '' : `?before=${before}`;
}

/** The path overrides the same parameter in the query. */
function feedQuery(collection: string, params: URLSearchParams): string {
  const items = parseItemsParams(params);
  const { filter } = items;
  if (collection === 'sections') return formatItemsParams({ ...items, filter: { ...filter, sections: [] } });
  return formatItemsParams(collection === 'sources' ? { ...items, filter: { ...filter, sources: [] } } : items);
}

/** A new string: a slice of the request target would keep all of it in memory. */
function keyFrom(path: readonly string[], query: string): string {
  return [path.join('/'), query].join('');
}
