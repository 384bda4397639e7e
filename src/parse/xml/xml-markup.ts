import type { Markup } from '../../domain/items/parsed-feed.ts';
import { attributeOf, type Fields, hadInlineMarkup, textOf, type XmlNode } from './xml-nodes.ts';

const tagLike = /<[a-z/!]/i;

/**
 * The text of an element and what it claims to be. Knows Atom 1.0's types, Atom 0.3's media types and modes, and Media
 * RSS's `plain`.
 *
 * @param unclaimed what text without a claim is: RSS's is HTML by custom, Atom's plain by rule.
 */
export function markupOf(node: XmlNode, unclaimed: Markup['type']): Markup | null {
  const markup = claimedMarkup(node, unclaimed);
  const base = markup === null ? null : attributeOf(node, 'xml:base');
  return markup === null || base === null ? markup : { ...markup, base };
}

function claimedMarkup(node: XmlNode, unclaimed: Markup['type']): Markup | null {
  const claimed = attributeOf(node, 'type')?.toLowerCase() ?? null;
  const value = textOf(node);
  if (value === '') return null;
  if (attributeOf(node, 'mode')?.toLowerCase() === 'base64' || isBinary(claimed)) return decodeBase64(value, claimed);
  if (hadInlineMarkup(node)) return { type: 'html', value: claimed === 'xhtml' ? withoutDiv(value) : value };
  if (claimed === null) return { type: unclaimed, value };
  if (claimed.includes('xhtml') || claimed.includes('xml')) {
    // XHTML without elements is text; with escaped ones it is HTML that was labelled wrongly.
    return { type: tagLike.test(value) ? 'html' : 'text', value };
  }
  return { type: claimed.includes('html') ? 'html' : 'text', value };
}

/** The first element of the named fields, in the order of the names, that holds text. */
export function firstMarkup(fields: Fields, names: readonly string[], unclaimed: Markup['type']): Markup | null {
  for (const name of names) {
    for (const node of fields.of(name)) {
      const markup = markupOf(node, unclaimed);
      if (markup !== null) return markup;
    }
  }
  return null;
}

/** Text that may hold markup or not, and whose element has no way to tell: by what it looks like. */
export function guessMarkup(value: string | null): Markup | null {
  if (value === null) return null;
  return { type: tagLike.test(value) || /&(?:#\d+|#x[\da-f]+|[a-z]+);/i.test(value) ? 'html' : 'text', value };
}

/** RFC 4287 section 4.1.3.3: content of any other media type is base64, but for text and XML. */
function isBinary(claimed: string | null): boolean {
  return claimed?.includes('/') === true && !claimed.startsWith('text/') && !/[/+]xml\b|html/.test(claimed);
}

function decodeBase64(value: string, claimed: string | null): Markup | null {
  if (claimed?.includes('/') === true && !/^text\/|xml|html/.test(claimed)) return null;
  const bytes = Buffer.from(value, 'base64');
  const text = bytes.toString('utf8').trim();
  return text === '' ? null : { type: claimed?.includes('ml') ? 'html' : 'text', value: text };
}

/** RFC 4287 section 3.1.1.3: the one `div` of an XHTML text is not part of it. */
function withoutDiv(markup: string): string {
  const inner = /^<div\b[^>]*>([\s\S]*)<\/div\s*>$/i.exec(markup)?.[1];
  return inner?.trim() ?? markup;
}
