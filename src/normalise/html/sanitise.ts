import { cleanText, withoutControls } from '../text/clean-text.ts';
import type { Attributes, BaseUrls } from './attributes.ts';
import { BalancedHtmlWriter } from './balanced-html-writer.ts';
import { HtmlCleaner } from './html-cleaner.ts';
import { type HtmlHandler, HtmlReader } from './html-reader.ts';
import { iframesToLinks } from './iframes-to-links.ts';
import { VisibleTextCollector } from './visible-text.ts';

/** The maximum size of the content of an item, in bytes of UTF-8. */
export const maxContentBytes = 128 * 1024;
/** The input that is parsed, including markup that is dropped. Bounds the time. */
const maxInputChars = 1024 * 1024;
/** Shorter content is below the limits of both `cleanHtml` and `htmlToText`. */
const maxSharedChars = 32 * 1024;
/** Bounds the steps of the HTML parser that search all open elements. */
const maxTags = 40_000;

/** HTML that is safe to embed in a page. */
export interface CleanHtml {
  readonly html: string;
  /** Whether content was dropped because of its size. */
  readonly truncated: boolean;
}

/**
 * Sanitises HTML by an allow-list of elements and attributes: resolves http(s) URLs against `bases`; drops scripts, styles,
 * iframes, forms, SVG, MathML, tracking pixels and ids; closes elements where browsers close them. Idempotent.
 *
 * @param bases base URLs in order of preference; see `baseUrlsOf`.
 * @param iframes whether an iframe is replaced by a link or dropped.
 */
export function cleanHtml(html: string, bases: BaseUrls, iframes: 'linked' | 'dropped' = 'linked'): CleanHtml {
  const input = cutInput(html);
  const text = withoutControls(input);
  const out = new BalancedHtmlWriter(maxContentBytes);
  const reader = new HtmlReader(iframes === 'linked' ? iframesToLinks(text, bases) : text);
  reader.run(new HtmlCleaner(reader, bases, out));
  const balanced = out.finish();
  return { html: balanced.html, truncated: balanced.truncated || input.length < html.length };
}

/**
 * `cleanHtml` and `htmlToText` in one pass, for ordinary content.
 *
 * @returns null if the two need different input or have different limits: for content with iframes, with control characters
 *   or of more than 32 KB.
 */
export function cleanHtmlAndText(
  html: string,
  bases: BaseUrls,
): { readonly cleanHtml: CleanHtml; readonly text: string } | null {
  if (html.length > maxSharedChars || withoutControls(html) !== html) return null;
  const out = new BalancedHtmlWriter(maxContentBytes);
  const reader = new HtmlReader(html);
  const text = new VisibleTextCollector(reader, Number.POSITIVE_INFINITY);
  const both = new CombinedHandler(new HtmlCleaner(reader, bases, out), text);
  reader.run(both);
  return both.foundIframe || out.isFull ? null : { cleanHtml: out.finish(), text: cleanText(text.value) };
}

class CombinedHandler implements HtmlHandler {
  readonly #cleaner: HtmlCleaner;
  readonly #text: VisibleTextCollector;
  /** Whether there was an iframe, which only `cleanHtml` handles. */
  foundIframe = false;

  constructor(cleaner: HtmlCleaner, text: VisibleTextCollector) {
    this.#cleaner = cleaner;
    this.#text = text;
  }

  onopentagname(name: string): void {
    this.#text.onopentagname(name);
    if (name === 'iframe') this.foundIframe = true;
  }

  onopentag(name: string, written: Attributes): void {
    this.#cleaner.onopentag(name, written);
  }

  onclosetag(name: string): void {
    this.#text.onclosetag(name);
    this.#cleaner.onclosetag(name);
  }

  ontext(written: string): void {
    this.#text.ontext(written);
    this.#cleaner.ontext(written);
  }
}

/** `cleanHtml` with at most one base URL, returning the HTML only. */
export function sanitiseHtml(html: string, options: { readonly baseUrl: string | null }): string {
  return cleanHtml(html, options.baseUrl === null ? [] : [options.baseUrl]).html;
}

function cutInput(html: string): string {
  let end = Math.min(html.length, maxInputChars);
  let tags = 0;
  for (let at = html.indexOf('<'); at !== -1 && at < end; at = html.indexOf('<', at + 1)) {
    if (++tags > maxTags) end = at;
  }
  return html.slice(0, end);
}
