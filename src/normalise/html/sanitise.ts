import { cleanText, withoutControls } from '../text/clean-text.ts';
import type { Attributes, BaseUrls } from './attributes.ts';
import { BalancedHtmlWriter } from './balanced-html-writer.ts';
import { HtmlCleaner } from './html-cleaner.ts';
import { type HtmlHandler, HtmlReader } from './html-reader.ts';
import { iframesToLinks } from './iframes-to-links.ts';
import { VisibleTextCollector } from './visible-text.ts';

/** What one item's content may be, in bytes of UTF-8. */
export const maxContentBytes = 128 * 1024;
/** What of it is looked at: markup that goes counts too, and no more than this is worth the time. */
const maxInputChars = 1024 * 1024;
/** Content that is surely read whole, whoever reads it. */
const maxSharedChars = 32 * 1024;
/** Some steps of the HTML parser look through all open elements. */
const maxTags = 40_000;

/** HTML that may stand on our pages. */
export interface CleanHtml {
  readonly html: string;
  /** Whether content was cut for its size. */
  readonly truncated: boolean;
}

/**
 * HTML of others made fit for our pages, by an allow-list: known elements with known attributes, http(s) addresses
 * resolved against `bases`, no script, style, frame, form, foreign markup, counter picture or name; end tags where a
 * browser sees them. Doing it again changes nothing.
 *
 * @param bases where relative addresses start, the best first; see `basesOf`.
 * @param frames whether a link stands for each embedded page, or nothing.
 */
export function cleanHtml(html: string, bases: BaseUrls, frames: 'linked' | 'dropped' = 'linked'): CleanHtml {
  const input = cutInput(html);
  const text = withoutControls(input);
  const out = new BalancedHtmlWriter(maxContentBytes);
  const reader = new HtmlReader(frames === 'linked' ? iframesToLinks(text, bases) : text);
  reader.run(new HtmlCleaner(reader, bases, out));
  const balanced = out.finish();
  return { html: balanced.html, truncated: balanced.truncated || input.length < html.length };
}

/**
 * `cleanHtml` and `htmlToText` in one reading, for content of ordinary size and kind.
 *
 * @returns null when each would read something else, or one of them not all of it: content with embedded pages, with
 *   control characters, or long.
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
  return both.metFrame || out.isFull ? null : { cleanHtml: out.finish(), text: cleanText(text.value) };
}

class CombinedHandler implements HtmlHandler {
  readonly #cleaner: HtmlCleaner;
  readonly #text: VisibleTextCollector;
  /** Whether an embedded page was met, which only one of the two makes something of. */
  metFrame = false;

  constructor(cleaner: HtmlCleaner, text: VisibleTextCollector) {
    this.#cleaner = cleaner;
    this.#text = text;
  }

  onopentagname(name: string): void {
    this.#text.onopentagname(name);
    if (name === 'iframe') this.metFrame = true;
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

/** `cleanHtml` with one base, for whoever needs the text only. */
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
