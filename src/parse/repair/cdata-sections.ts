const opening = '<![CDATA[';
const closing = ']]>';

/** A CDATA section. */
interface CdataSection {
  readonly content: string;
  /** The position after the section. */
  readonly end: number;
  readonly isClosed: boolean;
}

/** Reads the CDATA sections of one document. Positions must be passed in ascending order; then the time is linear. */
export class CdataSections {
  readonly #text: string;
  #nextClosing = -1;

  constructor(text: string) {
    this.#text = text;
  }

  beginsAt(at: number): boolean {
    return this.#text.startsWith(opening, at);
  }

  /**
   * Reads the section that begins at `at`. A section that contains the start of another one, or that has no end, was not
   * closed by the publisher: it ends at the end tag of its element `name`, if it contains one.
   */
  read(at: number, name: string): CdataSection {
    const from = at + opening.length;
    const close = this.#closingFrom(from);
    const content = this.#text.slice(from, close);
    const next = content.indexOf(opening);
    if (next >= 0 || close === this.#text.length) {
      const elementEnd = content.slice(0, next < 0 ? undefined : next).indexOf(`</${name}`);
      if (elementEnd >= 0) return { content: content.slice(0, elementEnd), end: from + elementEnd, isClosed: false };
    }
    const isClosed = close < this.#text.length;
    return { content, end: isClosed ? close + closing.length : close, isClosed };
  }

  #closingFrom(from: number): number {
    if (this.#nextClosing < from) {
      const found = this.#text.indexOf(closing, from);
      this.#nextClosing = found < 0 ? this.#text.length : found;
    }
    return this.#nextClosing;
  }
}

/** Wraps text in a CDATA section. Splits it into several sections if it contains `]]>`. */
export function toCdata(text: string): string {
  return `${opening}${text.replaceAll(closing, `]]${closing}${opening}>`)}${closing}`;
}
