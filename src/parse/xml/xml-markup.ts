import type { Markup } from '../../domain/items/parsed-feed.ts';
import { attributeOf, type Fields, hadInlineMarkup, textOf, type XmlNode } from './xml-nodes.ts';

const tagLike = /<[a-z/!]/i;

/**
 * The text of an element and its type. Supports the types of Atom 1.0, the media types and modes of Atom 0.3, and
 * `plain` of Media RSS. Null if the element is empty or binary.
 *
 * @param defaultType the type of an element without a `type`: HTML in RSS by convention, text in Atom by specification.
 */
function markupOf(node: XmlNode, defaultType: Markup['type']): Markup | null {
  const markup = typedMarkup(node, defaultType);
  const base = markup === null ? null : attributeOf(node, 'xml:base');
  return markup === null || base === null ? markup : { ...markup, base };
}

function typedMarkup(node: XmlNode, defaultType: Markup['type']): Markup | null {
  const type = attributeOf(node, 'type')?.toLowerCase() ?? null;
  const value = textOf(node);
  if (value === '') return null;
  if (attributeOf(node, 'mode')?.toLowerCase() === 'base64' || isBinary(type)) return decodeBase64(value, type);
  if (hadInlineMarkup(node)) return { type: 'html', value: type === 'xhtml' ? withoutDiv(value) : value };
  if (type === null) return { type: defaultType, value };
  if (type.includes('xhtml') || type.includes('xml')) {
    // XHTML without elements is text. XHTML with escaped elements is mislabelled HTML.
    return { type: tagLike.test(value) ? 'html' : 'text', value };
  }
  return { type: type.includes('html') ? 'html' : 'text', value };
}

/** The first non-empty element of the named fields, in the order of the names. */
export function firstMarkup(fields: Fields, names: readonly string[], defaultType: Markup['type']): Markup | null {
  for (const name of names) {
    for (const node of fields.of(name)) {
      const markup = markupOf(node, defaultType);
      if (markup !== null) return markup;
    }
  }
  return null;
}

/** RFC 4287 §4.1.3.3: content of a media type other than text and XML is base64. */
function isBinary(type: string | null): boolean {
  return type?.includes('/') === true && !type.startsWith('text/') && !/[/+]xml\b|html/.test(type);
}

function decodeBase64(value: string, type: string | null): Markup | null {
  if (type?.includes('/') === true && !/^text\/|xml|html/.test(type)) return null;
  const bytes = Buffer.from(value, 'base64');
  const text = bytes.toString('utf8').trim();
  return text === '' ? null : { type: type?.includes('ml') ? 'html' : 'text', value: text };
}

/** RFC 4287 §3.1.1.3: the single `div` of XHTML content is not part of it. */
function withoutDiv(markup: string): string {
  const inner = /^<div\b[^>]*>([\s\S]*)<\/div\s*>$/i.exec(markup)?.[1];
  return inner?.trim() ?? markup;
}
