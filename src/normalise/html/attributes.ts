import { resolveLink, resolveWithoutTracking } from '../links/resolve-links.ts';
import { isTrackingPixel } from '../links/tracking.ts';
import { cleanText } from '../text/clean-text.ts';
import { truncateBytes } from '../text/truncate.ts';
import { allowedElements } from './allow-list.ts';

export type Attributes = Readonly<Record<string, string>>;

/** The base URLs of relative URLs, in order of preference. */
export type BaseUrls = readonly string[];

const maxTextBytes = 1024;
/** The attributes with the URL of an image. The others are those of lazy loading scripts. */
const pictureSources = ['src', 'data-src', 'data-lazy-src', 'data-original', 'data-orig-file'];

/** The value of an attribute. Attributes may have the names of properties of Object.prototype. */
function valueIn(attributes: Attributes, name: string): string | null {
  return Object.hasOwn(attributes, name) ? (attributes[name] ?? null) : null;
}

type CleanAttributes = Record<string, string>;

/** Adds an attribute unless its value is null. */
function add(clean: CleanAttributes, name: string, value: string | null): void {
  if (value !== null) clean[name] = value;
}

function textValue(attributes: Attributes, name: string): string | null {
  const value = valueIn(attributes, name);
  return value === null ? null : truncateBytes(cleanText(value), maxTextBytes);
}

function positive(attributes: Attributes, name: string, max: number): string | null {
  const text = valueIn(attributes, name);
  const digits = text === null ? undefined : /^\s*(\d{1,5})(?:px)?\s*$/.exec(text)?.[1];
  const value = Number(digits ?? 0);
  return value > 0 && value <= max ? String(value) : null;
}

function matching(attributes: Attributes, name: string, pattern: RegExp): string | null {
  const value = valueIn(attributes, name)?.trim().toLowerCase();
  return value !== undefined && pattern.test(value) ? value : null;
}

function mediaUrl(attributes: Attributes, name: string, bases: BaseUrls): URL | null {
  return resolveWithoutTracking(valueIn(attributes, name) ?? '', bases);
}

function srcset(attributes: Attributes, bases: BaseUrls): string | null {
  const text = valueIn(attributes, 'srcset');
  if (text === null) return null;
  const candidates = parseSrcset(text).flatMap(({ url, descriptor }) => {
    const resolved = resolveLink(url, bases);
    // White space or a comma at the end would not be parsed as part of the URL.
    return resolved === null || /[\s,]$/.test(resolved) ? [] : [{ url: resolved, descriptor }];
  });
  return candidates.length === 0 ? null : formatSrcset(candidates);
}

/** http(s), mailto and tel. A fragment alone is dropped: no element keeps its id. */
function href(attributes: Attributes, bases: BaseUrls): string | null {
  const value = valueIn(attributes, 'href')?.trim() ?? '';
  if (value === '' || value.startsWith('#')) return null;
  const web = resolveWithoutTracking(value, bases);
  if (web !== null) return web.href;
  const other = URL.parse(value);
  if (other === null || value.length > maxTextBytes) return null;
  return other.protocol === 'mailto:' || other.protocol === 'tel:' ? other.href : null;
}

/** Whether an image is a tracking pixel: at most one pixel in size, hidden, or at a known tracking URL. */
function isTrackingImage(attributes: Attributes, url: URL): boolean {
  const speck = /^\s*0*[01](?:\.\d*)?(?:px)?\s*$/i;
  if (speck.test(valueIn(attributes, 'width') ?? '') || speck.test(valueIn(attributes, 'height') ?? '')) return true;
  const style = valueIn(attributes, 'style') ?? '';
  return (style.length < 4096 && hiding.test(style)) || isTrackingPixel(url);
}

const hiding =
  /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$))/i;

function firstUrl(attributes: Attributes, names: readonly string[], bases: BaseUrls): URL | null {
  for (const name of names) {
    const url = mediaUrl(attributes, name, bases);
    if (url !== null) return url;
  }
  return null;
}

function image(attributes: Attributes, bases: BaseUrls): CleanAttributes | null {
  const url = firstUrl(attributes, pictureSources, bases);
  if (url === null || isTrackingImage(attributes, url)) return null;
  const clean: CleanAttributes = { src: url.href, alt: textValue(attributes, 'alt') ?? '' };
  add(clean, 'srcset', srcset(attributes, bases));
  add(clean, 'title', textValue(attributes, 'title') || null);
  addSize(clean, attributes);
  clean['loading'] = 'lazy';
  clean['decoding'] = 'async';
  clean['referrerpolicy'] = 'no-referrer';
  return clean;
}

function addSize(clean: CleanAttributes, attributes: Attributes): void {
  add(clean, 'width', positive(attributes, 'width', 20_000));
  add(clean, 'height', positive(attributes, 'height', 20_000));
}

function link(attributes: Attributes, bases: BaseUrls): CleanAttributes | null {
  const url = href(attributes, bases);
  return url === null ? null : { href: url, rel: 'noopener noreferrer nofollow ugc', referrerpolicy: 'no-referrer' };
}

function player(attributes: Attributes, bases: BaseUrls): CleanAttributes {
  const clean: CleanAttributes = { controls: '', preload: 'none' };
  add(clean, 'src', mediaUrl(attributes, 'src', bases)?.href ?? null);
  return clean;
}

function video(attributes: Attributes, bases: BaseUrls): CleanAttributes {
  const clean = player(attributes, bases);
  add(clean, 'poster', mediaUrl(attributes, 'poster', bases)?.href ?? null);
  addSize(clean, attributes);
  return clean;
}

function source(attributes: Attributes, bases: BaseUrls): CleanAttributes | null {
  const clean: CleanAttributes = {};
  add(clean, 'src', mediaUrl(attributes, 'src', bases)?.href ?? null);
  add(clean, 'srcset', srcset(attributes, bases));
  if (!('src' in clean) && !('srcset' in clean)) return null;
  add(clean, 'type', matching(attributes, 'type', /^[a-z]+\/[a-z0-9.+-]{1,60}$/));
  return clean;
}

type AttributeCleaner = (attributes: Attributes, bases: BaseUrls) => CleanAttributes | null;

/** Elements whose attributes depend on each other. */
const elements: ReadonlyMap<string, AttributeCleaner> = new Map<string, AttributeCleaner>([
  ['a', link],
  ['audio', player],
  ['img', image],
  ['source', source],
  ['video', video],
]);

/** Attributes that have the same meaning on every element. */
const values: ReadonlyMap<string, (attributes: Attributes) => string | null> = new Map([
  ['colspan', (attributes) => positive(attributes, 'colspan', 100)],
  ['datetime', (attributes) => matching(attributes, 'datetime', /^[\d:.,+tzpwymdhs -]{1,40}$/)],
  ['dir', (attributes) => matching(attributes, 'dir', /^(?:ltr|rtl|auto)$/)],
  ['lang', (attributes) => matching(attributes, 'lang', /^[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,3}$/)],
  ['reversed', (attributes) => (valueIn(attributes, 'reversed') === null ? null : '')],
  ['rowspan', (attributes) => positive(attributes, 'rowspan', 1000)],
  ['scope', (attributes) => matching(attributes, 'scope', /^(?:row|col|rowgroup|colgroup)$/)],
  ['span', (attributes) => positive(attributes, 'span', 100)],
  ['start', (attributes) => positive(attributes, 'start', 99_999)],
  ['title', (attributes) => textValue(attributes, 'title') || null],
  ['value', (attributes) => positive(attributes, 'value', 99_999)],
]);

/**
 * Cleans the attributes of an element: resolves URLs and removes tracking from them, checks sizes, and adds the fixed
 * attributes (`rel`, `referrerpolicy`, `loading`).
 *
 * @param name of an allowed element.
 * @returns null if the element is to be dropped: a link without a URL, a tracking pixel.
 */
export function cleanAttributes(
  name: string,
  attributes: Attributes,
  bases: BaseUrls,
): Readonly<CleanAttributes> | null {
  const cleaner = elements.get(name);
  if (cleaner !== undefined) return cleaner(attributes, bases);
  const clean: CleanAttributes = {};
  const allowed = Object.hasOwn(allowedElements, name) ? allowedElements[name] : undefined;
  for (const attribute of allowed ?? []) add(clean, attribute, values.get(attribute)?.(attributes) ?? null);
  return clean;
}

/** An image candidate of a srcset: its URL and its descriptor (`2x`, `640w`), empty if it has none. */
interface ImageCandidate {
  readonly url: string;
  readonly descriptor: string;
}

const maxCandidates = 20;

/**
 * Parses a `srcset`. Omits candidates with an invalid descriptor. A comma inside a URL does not separate candidates, one at
 * its end does (HTML §4.8.4.2.1). Linear time.
 */
export function parseSrcset(srcset: string): ImageCandidate[] {
  const candidates: ImageCandidate[] = [];
  const pattern = /[\s,]*([^\s,]\S*)([^,]*)/y;
  while (candidates.length < maxCandidates) {
    const match = pattern.exec(srcset);
    if (match?.[1] === undefined) break;
    const url = match[1].replace(/,+$/, '');
    // A URL that ends in a comma has no descriptor: the next candidate follows.
    if (url !== match[1]) pattern.lastIndex -= (match[2] ?? '').length;
    const descriptor = url === match[1] ? readDescriptor((match[2] ?? '').trim()) : '';
    if (descriptor !== null) candidates.push({ url, descriptor });
  }
  return candidates;
}

/** A descriptor with its number in the shortest form; empty if it has no effect, null if it is invalid. */
function readDescriptor(text: string): string | null {
  if (text === '') return '';
  const [, digits, unit] = /^(\d{1,5}(?=w)|\d{1,2}(?:\.\d{1,3})?(?=x))([wx])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return null;
  const size = Number(digits);
  if (size > 0) return `${size}${unit}`;
  return unit === 'w' ? null : '';
}

/** The inverse of `parseSrcset`, for URLs without white space that do not end in a comma. */
export function formatSrcset(candidates: readonly ImageCandidate[]): string {
  return candidates.map(({ url, descriptor }) => `${url} ${descriptor}`.trim()).join(', ');
}
