import { resolveLink, stripTracking } from './links.ts';
import { formatSrcset, parseSrcset } from './srcset.ts';
import { cleanText, cutBytes } from './text.ts';
import { isTracker } from './tracking.ts';

export type Attributes = Readonly<Record<string, string>>;

/** Where relative addresses of a piece of HTML start, the best base first. */
export type Bases = readonly string[];

const maxTextBytes = 1024;
/** Attributes in which pages that load pictures late keep the true address. */
const lateSources = ['data-src', 'data-lazy-src', 'data-original', 'data-orig-file'];

/** A value of the element's own; the attributes may be named like members of every object. */
function valueIn(attributes: Attributes, name: string): string | null {
  return Object.hasOwn(attributes, name) ? (attributes[name] ?? null) : null;
}

function present(attributes: Readonly<Record<string, string | null>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== null) kept[name] = value;
  return kept;
}

function textValue(attributes: Attributes, name: string): string | null {
  const value = valueIn(attributes, name);
  return value === null ? null : cutBytes(cleanText(value), maxTextBytes);
}

function positive(attributes: Attributes, name: string, max: number): string | null {
  const digits = /^\s*(\d{1,5})(?:px)?\s*$/.exec(valueIn(attributes, name) ?? '')?.[1];
  const value = Number(digits ?? 0);
  return value > 0 && value <= max ? String(value) : null;
}

function matching(attributes: Attributes, name: string, pattern: RegExp): string | null {
  const value = (valueIn(attributes, name) ?? '').trim().toLowerCase();
  return pattern.test(value) ? value : null;
}

function mediaUrl(attributes: Attributes, name: string, bases: Bases): string | null {
  const url = resolveLink(valueIn(attributes, name) ?? '', bases);
  return url === null ? null : stripTracking(url);
}

function srcset(attributes: Attributes, bases: Bases): string | null {
  const candidates = parseSrcset(valueIn(attributes, 'srcset') ?? '').flatMap(({ url, descriptor }) => {
    const resolved = resolveLink(url, bases);
    // White space and a comma at the end would be read as the end of the address.
    return resolved === null || /[\s,]$/.test(resolved) ? [] : [{ url: resolved, descriptor }];
  });
  return candidates.length === 0 ? null : formatSrcset(candidates);
}

/** http(s), mailto and tel; a mere fragment leads nowhere, since no element keeps its id. */
function href(attributes: Attributes, bases: Bases): string | null {
  const value = (valueIn(attributes, 'href') ?? '').trim();
  if (value.startsWith('#')) return null;
  const web = resolveLink(value, bases);
  if (web !== null) return stripTracking(web);
  const other = URL.parse(value);
  if (other === null || value.length > maxTextBytes) return null;
  return other.protocol === 'mailto:' || other.protocol === 'tel:' ? other.href : null;
}

/** Whether a picture is there to be fetched rather than seen: no larger than a pixel, hidden, or a counter's. */
function isBeacon(attributes: Attributes, url: string): boolean {
  const speck = /^\s*0*[01](?:\.\d*)?(?:px)?\s*$/i;
  if (speck.test(valueIn(attributes, 'width') ?? '') || speck.test(valueIn(attributes, 'height') ?? '')) return true;
  const style = valueIn(attributes, 'style') ?? '';
  if (style.length < 4096 && hiding.test(style)) return true;
  const parsed = URL.parse(url);
  return parsed !== null && isTracker(parsed);
}

const hiding =
  /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:max-)?(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$))/i;

function image(attributes: Attributes, bases: Bases): Record<string, string> | null {
  const url = ['src', ...lateSources].map((name) => mediaUrl(attributes, name, bases)).find((found) => found !== null);
  if (url === undefined || isBeacon(attributes, url)) return null;
  return present({
    src: url,
    srcset: srcset(attributes, bases),
    alt: textValue(attributes, 'alt') ?? '',
    title: textValue(attributes, 'title') || null,
    width: positive(attributes, 'width', 20_000),
    height: positive(attributes, 'height', 20_000),
    loading: 'lazy',
    decoding: 'async',
    referrerpolicy: 'no-referrer',
  });
}

function link(attributes: Attributes, bases: Bases): Record<string, string> | null {
  const url = href(attributes, bases);
  return url === null ? null : { href: url, rel: 'noopener noreferrer nofollow ugc', referrerpolicy: 'no-referrer' };
}

function player(attributes: Attributes, bases: Bases): Record<string, string> {
  return present({ src: mediaUrl(attributes, 'src', bases), controls: '', preload: 'none' });
}

function video(attributes: Attributes, bases: Bases): Record<string, string> {
  const size = { width: positive(attributes, 'width', 20_000), height: positive(attributes, 'height', 20_000) };
  return present({ ...player(attributes, bases), poster: mediaUrl(attributes, 'poster', bases), ...size });
}

function source(attributes: Attributes, bases: Bases): Record<string, string> | null {
  const type = matching(attributes, 'type', /^[a-z]+\/[a-z0-9.+-]{1,60}$/);
  const kept = present({ src: mediaUrl(attributes, 'src', bases), srcset: srcset(attributes, bases), type });
  return 'src' in kept || 'srcset' in kept ? kept : null;
}

function direction(attributes: Attributes): Record<string, string> {
  return present({
    dir: matching(attributes, 'dir', /^(?:ltr|rtl|auto)$/),
    lang: matching(attributes, 'lang', /^[a-z]{2,8}(?:-[a-z0-9]{1,8}){0,3}$/),
  });
}

function cell(attributes: Attributes): Record<string, string> {
  return present({ colspan: positive(attributes, 'colspan', 100), rowspan: positive(attributes, 'rowspan', 1000) });
}

type Cleaner = (attributes: Attributes, bases: Bases) => Record<string, string> | null;

const titled: Cleaner = (attributes) => present({ title: textValue(attributes, 'title') || null });
const spanned: Cleaner = (attributes) => present({ span: positive(attributes, 'span', 100) });

const cleaners: Readonly<Record<string, Cleaner>> = {
  a: link,
  abbr: titled,
  audio: player,
  bdi: (attributes) => present({ dir: direction(attributes)['dir'] ?? null }),
  bdo: (attributes) => present({ dir: direction(attributes)['dir'] ?? null }),
  col: spanned,
  colgroup: spanned,
  dfn: titled,
  div: direction,
  img: image,
  li: (attributes) => present({ value: positive(attributes, 'value', 99_999) }),
  ol: (attributes) =>
    present({
      start: positive(attributes, 'start', 99_999),
      reversed: valueIn(attributes, 'reversed') === null ? null : '',
    }),
  p: direction,
  source,
  span: direction,
  td: cell,
  th: (attributes) =>
    present({ ...cell(attributes), scope: matching(attributes, 'scope', /^(?:row|col|rowgroup|colgroup)$/) }),
  time: (attributes) => present({ datetime: matching(attributes, 'datetime', /^[\d:.,+tzpwymdhs -]{1,40}$/) }),
  video,
};

/**
 * The attributes that an element keeps: addresses resolved and free of tracking, sizes as whole numbers, and those
 * that we force (`rel`, `referrerpolicy`, `loading`).
 *
 * @param name of an allowed element.
 * @returns null when the element is worth nothing without what it lost: a link to nowhere, a picture that counts.
 */
export function cleanAttributes(name: string, attributes: Attributes, bases: Bases): Record<string, string> | null {
  const cleaner = Object.hasOwn(cleaners, name) ? cleaners[name] : undefined;
  return cleaner === undefined ? {} : cleaner(attributes, bases);
}
