import type { Markup, ParsedItem } from '../domain/items/parsed-feed.ts';
import { htmlToText, textToHtml } from './html/html-to-text.ts';
import { type CleanHtml, cleanHtml, cleanHtmlAndText } from './html/sanitise.ts';
import { cleanText } from './text/clean-text.ts';

const maxTextChars = 128 * 1024;
/** Shorter content keeps its `data:` URLs: they cost little. */
const longContentChars = 64 * 1024;
/** An attribute value with at least 1 KB of a `data:` URL: an image or a font, which the sanitiser drops. */
const embedded = /=\s*(?:"[^"<]{0,200}data:[^"]{1024,}"|'[^'<]{0,200}data:[^']{1024,}'|data:[^\s"'>]{1024,})/gi;

/** The base URLs of content and summary, in order of preference; see `baseUrlsOf`. */
interface BodyBaseUrls {
  readonly content: readonly string[];
  readonly summary: readonly string[];
}

/** The visible text of an entry. */
interface BodyTexts {
  /** The one of content and summary with the longer visible text; null if there is neither. */
  readonly body: Markup | null;
  /** Visible text of `body`. */
  readonly text: string;
  /** Visible text of the summary; of the content if there is no summary. */
  readonly summaryText: string;
}

/**
 * Content and summary of an entry, parsed lazily: most entries of a document are stored already and need no sanitising,
 * or are filtered out and need nothing.
 *
 * A class, not an object literal: each literal with a getter has its own hidden class, which keeps everything in the scope
 * of the getter alive until a full garbage collection of V8.
 */
export class EntryBody {
  readonly #item: Pick<ParsedItem, 'content' | 'summary'>;
  readonly #bases: BodyBaseUrls;
  #texts: BodyTexts | null = null;
  /** Sanitised HTML of the content, if `preload` produced it. */
  #cleanContent: CleanHtml | null = null;

  constructor(item: Pick<ParsedItem, 'content' | 'summary'>, bases: BodyBaseUrls) {
    this.#item = { content: withoutDataUrls(item.content), summary: withoutDataUrls(item.summary) };
    this.#bases = bases;
  }

  get text(): string {
    return this.#read().text;
  }

  get summaryText(): string {
    return this.#read().summaryText;
  }

  /** The length of the markup to sanitise, without embedded data. */
  get inputChars(): number {
    return this.#read().body?.value.length ?? 0;
  }

  /** Produces the text and the sanitised HTML of the content in one pass, if possible. Call it if both are needed. */
  preload(): void {
    const { content } = this.#item;
    if (this.#texts !== null || content?.type !== 'html') return;
    const both = cleanHtmlAndText(content.value, this.#bases.content);
    if (both === null) return;
    this.#cleanContent = both.cleanHtml;
    this.#texts = chooseBody(this.#item, both.text, textOf(this.#item.summary));
  }

  /** Sanitises the longer of content and summary. */
  clean(): CleanHtml {
    const { body } = this.#read();
    if (body === this.#item.content && this.#cleanContent !== null) return this.#cleanContent;
    if (body === null) return { html: '', truncated: false };
    const bases = body === this.#item.content ? this.#bases.content : this.#bases.summary;
    return cleanHtml(body.type === 'html' ? body.value : textToHtml(body.value), bases);
  }

  #read(): BodyTexts {
    this.#texts ??= chooseBody(this.#item, textOf(this.#item.content), textOf(this.#item.summary));
    return this.#texts;
  }
}

/**
 * Removes long `data:` URLs from attributes. The sanitiser drops them, but one image can exceed the input limit and hide
 * the text after it. Linear time: each alternative ends at the next quote.
 */
function withoutDataUrls(markup: Markup | null): Markup | null {
  if (markup === null || markup.type !== 'html' || markup.value.length <= longContentChars) return markup;
  return { ...markup, value: markup.value.replace(embedded, '=""') };
}

function textOf(markup: Markup | null): string {
  if (markup === null) return '';
  return markup.type === 'html'
    ? htmlToText(markup.value, maxTextChars)
    : cleanText(markup.value.slice(0, maxTextChars));
}

/** Chooses the longer visible text; if both are empty, the longer markup (an image or a player). */
function chooseBody(item: Pick<ParsedItem, 'content' | 'summary'>, content: string, summary: string): BodyTexts {
  const areBothEmpty = content === '' && summary === '';
  const preferContent = areBothEmpty
    ? (item.content?.value.length ?? 0) >= (item.summary?.value.length ?? 0)
    : content.length >= summary.length;
  const [body, text] = preferContent ? [item.content ?? item.summary, content] : [item.summary, summary];
  return { body, text, summaryText: summary || content };
}
