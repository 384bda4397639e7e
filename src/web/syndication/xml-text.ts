// All but the characters of XML 1.0, and the C1 controls, which are always errors. A document with such a character is
// not well-formed, and a feed reader shows none of its items.
import { randomBytes } from 'node:crypto';

const invalidChars = /[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Removes the characters that are not allowed in XML. */
export function xmlSafe(text: string): string {
  return text.toWellFormed().replace(invalidChars, '');
}

/** Escapes element text and attributes in double quotes. Characters that are not allowed in XML are removed. */
export function escapeXml(text: string): string {
  return xmlSafe(text).replace(/[&<>"]/g, (char) => escapes[char] ?? char);
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Makes sanitised HTML safe in a CDATA section: in HTML `]]&gt;` means the same as `]]>`. */
export function htmlForCdata(html: string): string {
  return xmlSafe(html).replaceAll(']]>', ']]&gt;');
}

/** The text of sanitised HTML without markup and character references, on one line. */
export function plainText(html: string): string {
  const text = html.replace(/<[^>]*>?/g, ' ').replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => {
    return references[name.toLowerCase()] ?? whole;
  });
  return xmlSafe(text).replace(/\s+/g, ' ').trim();
}

// The only references that the sanitiser writes.
const references: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };

/**
 * An http(s) URL in the syntax of RFC 3986, or null when the text is not one. The WHATWG parser leaves characters in it
 * that other parsers reject. User name and password are removed.
 */
export function toWebUrl(text: string | null): string | null {
  if (text === null || !URL.canParse(text)) return null;
  const { protocol, host, pathname, search, hash } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  const fragment = hash === '' ? '' : `#${percentEncoded(hash.slice(1)).replaceAll('#', '%23')}`;
  return `${protocol}//${host}${percentEncoded(pathname)}${percentEncoded(search)}${fragment}`;
}

function percentEncoded(part: string): string {
  return part.replace(/[^\w;/?:@&=+$.\-!~*'()%,#]/g, encodeURIComponent).replace(/%(?![0-9a-f]{2})/gi, '%25');
}

/** Inserts the processing instruction for the stylesheet after the XML declaration. */
export function withStylesheet(document: string, styleUrl: string): string {
  const instruction = `<?xml-stylesheet type="text/css" href="${escapeXml(styleUrl)}"?>`;
  return document.replace(/^<\?xml [^>]*\?>/, (declaration) => `${declaration}\n${instruction}`);
}

type Attributes = Readonly<Record<string, string | number | null>>;

/** One element. Null attributes are left out. @param content XML; null for an empty element. */
export function element(name: string, attributes: Attributes, content: string | null): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('');
  return content === null ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

/** One element with a text. */
export function textElement(name: string, text: string): string {
  return element(name, {}, escapeXml(text));
}

/**
 * Placeholders for elements that the `feed` package cannot write, and for texts that it does not escape correctly. `add`
 * returns a placeholder for a text field; `fill` replaces the whole element around each placeholder.
 *
 * A placeholder contains a random word, so that a publisher cannot write one. The result does not depend on the word.
 */
export class XmlPlaceholders {
  readonly #word = randomBytes(12).toString('hex');
  readonly #contents: string[] = [];

  /** @param xml well-formed elements, or nothing. */
  add(xml: string): string {
    this.#contents.push(xml);
    return `${this.#word}-${this.#contents.length - 1}`;
  }

  /** The document with the element of each placeholder replaced by the added XML. */
  fill(document: string): string {
    const placeholder = new RegExp(`<([a-z]+)[^<>]*>(?:<!\\[CDATA\\[)?${this.#word}-(\\d+)(?:\\]\\]>)?</\\1>`, 'g');
    return document.replace(placeholder, (_whole, _name, index) => this.#contents[Number(index)] ?? '');
  }
}
