import { decodeHTML, decodeHTMLAttribute } from 'entities';
import { type Handler, Parser } from 'htmlparser2';
import type { Attributes } from './attributes.ts';
import { escapeHtml } from './html-escape.ts';

/**
 * Handles the events of an `HtmlReader`. Start and end events are always paired. Texts and values are passed as written:
 * the reader decodes them. Attributes are parsed only for handlers with `onopentag`.
 *
 * Implement it as a class: V8 may allocate object literals in old space (allocation sites), where they outlive their
 * document, and a handler refers to all of it.
 */
export type HtmlHandler = Partial<Pick<Handler, 'onopentagname' | 'onopentag'>> &
  Pick<Handler, 'ontext' | 'onclosetag'>;

/** What clean HTML must not contain as written. Other references mean the same everywhere. */
const unclean = /[<>]|&(?!(?:amp|lt|gt);)/;

const decoding = { decodeEntities: true };
const notDecoding = { decodeEntities: false };

/**
 * Parses HTML approximately as browsers do.
 *
 * The parser does not decode references, which makes it pass longer pieces of text. No reference continues after a tag, so
 * each piece can be decoded separately, and most contain none.
 */
export class HtmlReader {
  readonly source: string;
  readonly #decodesAll: boolean;
  #parser: Parser | null = null;

  constructor(source: string) {
    this.source = source;
    // In SVG and MathML a CDATA section is text without references, which the parser does not report.
    this.#decodesAll = source.includes('<![CDATA[');
  }

  /** The position of the current event in the source. */
  get startIndex(): number {
    return this.#parser?.startIndex ?? 0;
  }

  /** The position of its last character. */
  get endIndex(): number {
    return this.#parser?.endIndex ?? 0;
  }

  run(listener: HtmlHandler): void {
    this.#parser = new Parser(listener, this.#decodesAll ? decoding : notDecoding);
    this.#parser.end(this.source);
  }

  stop(): void {
    this.#parser?.pause();
  }

  /** Decodes the references of a text. */
  decodeText(written: string): string {
    return this.#decodesAll || !written.includes('&') ? written : decodeHTML(written);
  }

  /** Returns a text escaped for clean HTML. */
  cleanText(written: string): string {
    if (this.#decodesAll) return escapeHtml(written);
    return unclean.test(written) ? escapeHtml(decodeHTML(written)) : written;
  }

  /** Decodes the references of attribute values. */
  decodeAttributes(written: Attributes): Attributes {
    if (this.#decodesAll) return written;
    const meant: Record<string, string> = {};
    for (const name of Object.keys(written)) {
      const value = written[name] ?? '';
      meant[name] = value.includes('&') ? decodeHTMLAttribute(value) : value;
    }
    return meant;
  }
}
