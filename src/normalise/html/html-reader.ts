import { decodeHTML, decodeHTMLAttribute } from 'entities';
import { type Handler, Parser } from 'htmlparser2';
import type { Attributes } from './attributes.ts';
import { escapeHtml } from './html-escape.ts';

/**
 * Who is told of HTML as it is read. Elements open and close in pairs, whatever the source does. Texts and values come
 * as they are written; the reader knows what they mean. Attributes are not read for those who have no `onopentag`.
 *
 * Should be an object of a class: V8 may put literals where they outlive all that they hold (allocation sites), and
 * what is held here is all that an item is read with.
 */
export type HtmlHandler = Partial<Pick<Handler, 'onopentagname' | 'onopentag'>> &
  Pick<Handler, 'ontext' | 'onclosetag'>;

/** What must not stand in clean HTML as it is; the other references mean what they mean wherever they stand. */
const unclean = /[<>]|&(?!(?:amp|lt|gt);)/;

const decoding = { decodeEntities: true };
const notDecoding = { decodeEntities: false };

/**
 * Reads HTML as browsers do, near enough.
 *
 * The parser is not asked to decode references, since it takes text in strides then. None goes on behind a tag, so that
 * each text can be decoded alone, and most are not worth it.
 */
export class HtmlReader {
  readonly source: string;
  readonly #decodesAll: boolean;
  #parser: Parser | null = null;

  constructor(source: string) {
    this.source = source;
    // Within foreign markup such a section is text in which nothing is a reference, and the parser does not tell.
    this.#decodesAll = source.includes('<![CDATA[');
  }

  /** Where the piece that is being told of begins in the source. */
  get startIndex(): number {
    return this.#parser?.startIndex ?? 0;
  }

  /** Where it ends: at its last character. */
  get endIndex(): number {
    return this.#parser?.endIndex ?? 0;
  }

  run(listener: HtmlHandler): void {
    this.#parser = new Parser(listener, this.#decodesAll ? decoding : notDecoding);
    this.#parser.end(this.source);
  }

  /** Reads no further. */
  stop(): void {
    this.#parser?.pause();
  }

  /** A text as it is meant. */
  decodeText(written: string): string {
    return this.#decodesAll || !written.includes('&') ? written : decodeHTML(written);
  }

  /** A text as clean HTML writes it. */
  cleanText(written: string): string {
    if (this.#decodesAll) return escapeHtml(written);
    return unclean.test(written) ? escapeHtml(decodeHTML(written)) : written;
  }

  /** Attributes as they are meant. */
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
