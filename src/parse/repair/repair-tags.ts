const nameChars =
  ':A-Z_a-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd';
const name = `[${nameChars}][${nameChars}\\-.0-9\\u00b7\\u0300-\\u036f\\u203f\\u2040]*`;
const tagName = new RegExp(name, 'y');
const wellFormedAttributes = new RegExp(`^(?:\\s+${name}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*\\s*$`);
const looseAttribute = /([^\s=/"'<>]+)(?:\s*=\s*(?:"([^"]*)(?:"|$)|'([^']*)(?:'|$)|([^\s"'<>]+)))?/g;
const wellFormedName = new RegExp(`^${name}$`);

/** A start tag as written. */
export interface StartTag {
  readonly name: string;
  readonly nameEnd: number;
  /** The end of the attributes: at `/`, at `>` or, in an unfinished tag, at the next `<`. */
  readonly attributesEnd: number;
  /** The position after `>`. */
  readonly end: number;
  readonly selfClosing: boolean;
  /** False if the tag runs into another tag or the end of the document. */
  readonly complete: boolean;
}

/** The start tag at `at`, which is a `<`; null if it begins no tag, as in `a < b` or `<jo@example.org>`. */
export function readStartTag(text: string, at: number): StartTag | null {
  const nameEnd = endOfName(text, at + 1);
  if (nameEnd === null) return null;
  const tag = text.slice(at + 1, nameEnd);
  if (text.charCodeAt(nameEnd) === 0x3e) {
    return { name: tag, nameEnd, attributesEnd: nameEnd, end: nameEnd + 1, selfClosing: false, complete: true };
  }
  const close = endOfTag(text, nameEnd);
  const complete = text.charCodeAt(close) === 0x3e;
  const selfClosing = complete && text.charCodeAt(close - 1) === 0x2f && close - 1 >= nameEnd;
  const attributesEnd = selfClosing ? close - 1 : close;
  return { name: tag, nameEnd, attributesEnd, end: complete ? close + 1 : close, selfClosing, complete };
}

/** The end of the name that begins at `from`; null if there is no name or an invalid character follows it. */
export function endOfName(text: string, from: number): number | null {
  tagName.lastIndex = from;
  if (!tagName.test(text)) return null;
  const end = tagName.lastIndex;
  const next = text.charCodeAt(end);
  const ends = next === 0x3e || next === 0x2f || next === 0x3c || isSpace(next) || Number.isNaN(next);
  return ends ? end : null;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** The end of a tag: its `>`, or the `<` or the end of the text that it runs into. */
function endOfTag(text: string, from: number): number {
  let valueMayBegin = false;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3e || code === 0x3c) return at;
    if (valueMayBegin && (code === 0x22 || code === 0x27)) {
      const close = text.indexOf(text.charAt(at), at + 1);
      const end = close < 0 ? null : unclosedValueEnd(text, at, close);
      if (close < 0 || end !== null) return end ?? endOfTag(text, at + 1);
      at = close;
      valueMayBegin = false;
    } else if (!isSpace(code)) {
      valueMayBegin = code === 0x3d;
    }
  }
  return text.length;
}

/** A value that contains `>` before `<` lacks its closing quote: the quote that was found belongs to another tag. */
function unclosedValueEnd(text: string, from: number, close: number): number | null {
  const value = text.slice(from, close);
  const lt = value.indexOf('<');
  const gt = value.indexOf('>');
  return gt >= 0 && gt < lt ? from + gt : null;
}

/** The end of an end tag whose name ends at `nameEnd`: after its `>`, or at the `<` that it runs into. */
export function endOfEndTag(text: string, nameEnd: number): number {
  if (text.charCodeAt(nameEnd) === 0x3e) return nameEnd + 1;
  const rest = /[^<>]*>?/y;
  rest.lastIndex = nameEnd;
  rest.test(text);
  return rest.lastIndex;
}

/** The value of the `type` attribute in lower case; '' if there is none. */
export function typeAttribute(attributes: string): string {
  return /\stype\s*=\s*["']?([^"'\s>]+)/i.exec(attributes)?.[1]?.toLowerCase() ?? '';
}

/** Whether a strict parser accepts these attributes as they are. References are not checked. */
export function areWellFormedAttributes(text: string): boolean {
  return wellFormedAttributes.test(text);
}

/** Reads attributes leniently: without quotes, value or space between them. The first of several with one name wins. */
export function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, key = '', double, single, bare] of text.matchAll(looseAttribute)) {
    if (!attributes.has(key)) attributes.set(key, double ?? single ?? bare ?? '');
  }
  return attributes;
}

/** Writes attributes for a strict parser. References in the values must have been repaired. */
export function writeAttributes(attributes: ReadonlyMap<string, string>): string {
  let written = '';
  for (const [key, value] of attributes) {
    if (wellFormedName.test(key)) written += ` ${key}="${value.replaceAll('<', '&lt;').replaceAll('"', '&quot;')}"`;
  }
  return written;
}
