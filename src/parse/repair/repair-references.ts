import { Parser } from 'htmlparser2';

/**
 * An ampersand that does not begin a reference which is valid in XML and means the same in HTML. References to numbers
 * below 32, to C1 controls, to surrogates and with more than 5 digits are decoded one by one.
 */
const suspectAmpersand =
  /&(?!(?:amp|lt|gt|quot|apos|#(?:3[2-9]|[4-9]\d|1[01]\d|12[0-7]|1[6-9]\d|[2-9]\d\d|[1-9]\d{3}|[1-4]\d{4}|5[0-4]\d{3}));)/g;
const reference = /&(?:#\d{1,8}(?!\d);?|#[xX][\da-fA-F]{1,7}(?![\da-fA-F]);?|[a-zA-Z][a-zA-Z\d]{0,31};)/y;
const surrogatePair = /&#(?:x(d[89ab][\da-f]{2})|(5[56]\d{3}));&#(?:x(d[c-f][\da-f]{2})|(5[67]\d{3}));/iy;
const unprintable = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/u;
const maxRemembered = 4096;

/** The replacement of a reference that ends at `end`. */
interface RepairedReference {
  readonly end: number;
  readonly text: string;
}

/** Finds and repairs references in one document, left to right, in linear time. */
export class ReferenceRepairer {
  readonly #text: string;
  readonly #decoded = new Map<string, string>();
  #next = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The position of the next suspect ampersand at or after `from`; Infinity if there is none. `from` must not decrease. */
  nextSuspect(from: number): number {
    // The result is kept until `from` passes it, so that each part of the text is searched once.
    if (this.#next >= from) return this.#next;
    suspectAmpersand.lastIndex = from;
    this.#next = suspectAmpersand.exec(this.#text)?.index ?? Number.POSITIVE_INFINITY;
    return this.#next;
  }

  /** The XML that replaces the suspect ampersand at `at`, with `<` and `&` escaped. */
  repair(at: number): RepairedReference {
    const pair = this.#matchAt(surrogatePair, at);
    if (pair !== null) return { end: at + pair[0].length, text: joinSurrogates(pair) };
    const found = this.#matchAt(reference, at)?.[0];
    if (found === undefined) return { end: at + 1, text: '&amp;' };
    return { end: at + found.length, text: this.#decode(found) };
  }

  #matchAt(pattern: RegExp, at: number): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(this.#text);
  }

  #decode(found: string): string {
    const known = this.#decoded.get(found);
    if (known !== undefined) return known;
    const decoded = decodeReference(found);
    const text = decoded === found ? found.replace('&', '&amp;') : escapeXml(decoded);
    if (this.#decoded.size < maxRemembered) this.#decoded.set(found, text);
    return text;
  }
}

/** Escapes text for element content and for attributes in double quotes. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Joins two references to the halves of a surrogate pair, as naive UTF-16 writers produce for emoji. */
function joinSurrogates([, highHex, high, lowHex, low]: RegExpExecArray): string {
  const unit = (hex: string | undefined, decimal: string | undefined) =>
    hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  const joined = String.fromCharCode(unit(highHex, high), unit(lowHex, low));
  return joined.isWellFormed() ? joined : '';
}

/** Decodes all references in a text by the rules of HTML. */
export function decodeReferences(text: string): string {
  return text.includes('&') ? decodeReference(text) : text;
}

/** Decodes by the rules of HTML: HTML names, and windows-1252 for the numbers 128 to 159. Keeps unknown references. */
function decodeReference(found: string): string {
  let text = '';
  const parser = new Parser({ ontext: (part) => (text += part) }, { decodeEntities: true });
  parser.end(found);
  return text.replace(new RegExp(unprintable, 'gu'), '');
}
