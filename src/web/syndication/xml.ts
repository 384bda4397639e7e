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
