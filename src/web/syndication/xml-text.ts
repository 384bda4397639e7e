// What XML 1.0 lets through, less the C1 controls, which nobody means. A document with one other character in it is
// not well-formed, and a feed reader then shows none of its items.
const unfit = /[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Text that may stand in an XML document once it is escaped. */
export function xmlSafe(text: string): string {
  return text.toWellFormed().replace(unfit, '');
}

/** Escapes for element text and for attributes in double quotes; what XML cannot hold is dropped. */
export function escapeXml(text: string): string {
  return xmlSafe(text).replace(/[&<>"]/g, (char) => escapes[char] ?? char);
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Sanitised HTML fit for a CDATA section: `]]>` means the same in HTML when its last character is escaped. */
export function htmlForCdata(html: string): string {
  return xmlSafe(html).replaceAll(']]>', ']]&gt;');
}

/** What a person reads of sanitised HTML: its text without markup and references, on one line. */
export function plainText(html: string): string {
  const text = html.replace(/<[^>]*>?/g, ' ').replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => {
    return references[name.toLowerCase()] ?? whole;
  });
  return xmlSafe(text).replace(/\s+/g, ' ').trim();
}

// The sanitiser writes these and no others.
const references: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x27': "'" };

/**
 * The address as RFC 3986 allows it, or null when it is none that a reader may be sent to. A browser's parser leaves
 * characters in it that other parsers stop at; user name and password are nobody's business.
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

/** The document with the instruction behind its declaration by which browsers find a style for it. */
export function withStylesheet(document: string, styleUrl: string): string {
  const instruction = `<?xml-stylesheet type="text/css" href="${escapeXml(styleUrl)}"?>`;
  return document.replace(/^<\?xml [^>]*\?>/, (declaration) => `${declaration}\n${instruction}`);
}

/** Plain text as HTML. */
export function textToHtml(text: string): string {
  return escapeXml(text);
}

type Attributes = Readonly<Record<string, string | number | null>>;

/** One element. A null attribute is left out; `inside` is XML already, null makes an empty element. */
export function element(name: string, attributes: Attributes, inside: string | null): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('');
  return inside === null ? `<${name}${written}/>` : `<${name}${written}>${inside}</${name}>`;
}

/** One element of text. */
export function textElement(name: string, text: string): string {
  return element(name, {}, escapeXml(text));
}
