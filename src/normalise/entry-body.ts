import type { Markup, ParsedItem } from '../domain/items/parsed-feed.ts';
import { removeDataUrls } from './html/data-urls.ts';
import { htmlToText, textToHtml } from './html/html-to-text.ts';
import { type CleanHtml, cleanHtml, cleanHtmlAndText } from './html/sanitise.ts';
import { cleanText } from './text/clean-text.ts';

const maxTextChars = 128 * 1024;

/** Where relative links in content and summary start, the best first; see `basesOf`. */
export interface BodyBaseUrls {
  readonly content: readonly string[];
  readonly summary: readonly string[];
}

/** What a person reads of an entry. */
interface BodyTexts {
  /** The longer of content and summary by what a person reads; null when there is neither. */
  readonly body: Markup | null;
  /** Visible text of `body`. */
  readonly text: string;
  /** Visible text of the summary, of the content where there is none. */
  readonly summaryText: string;
}

/**
 * Content and summary of an entry, read when they are asked for: most entries of a document are known already and need
 * no cleaning, or are not wanted and need nothing.
 *
 * A class, since each literal with a getter has a hidden class of its own, which keeps all that the getter sees until V8
 * collects the whole heap.
 */
export class EntryBody {
  readonly #item: Pick<ParsedItem, 'content' | 'summary'>;
  readonly #bases: BodyBaseUrls;
  #texts: BodyTexts | null = null;
  /** Clean HTML of the content, where it came about with the text. */
  #cleanContent: CleanHtml | null = null;

  constructor(item: Pick<ParsedItem, 'content' | 'summary'>, bases: BodyBaseUrls) {
    this.#item = { content: shortened(item.content), summary: shortened(item.summary) };
    this.#bases = bases;
  }

  /** Visible text. */
  get text(): string {
    return this.#read().text;
  }

  get summaryText(): string {
    return this.#read().summaryText;
  }

  /** The markup that is cleaned, as its publisher sent it but for embedded data. */
  get inputChars(): number {
    return this.#read().body?.value.length ?? 0;
  }

  /** Says that the text and the clean HTML will both be asked for: one reading does for the two. */
  preload(): void {
    const { content } = this.#item;
    if (this.#texts !== null || content?.type !== 'html') return;
    const both = cleanHtmlAndText(content.value, this.#bases.content);
    if (both === null) return;
    this.#cleanContent = both.cleanHtml;
    this.#texts = chooseBody(this.#item, both.text, textOf(this.#item.summary));
  }

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

function shortened(markup: Markup | null): Markup | null {
  if (markup === null || markup.type !== 'html') return markup;
  const value = removeDataUrls(markup.value);
  return value === markup.value ? markup : { ...markup, value };
}

function textOf(markup: Markup | null): string {
  if (markup === null) return '';
  return markup.type === 'html'
    ? htmlToText(markup.value, maxTextChars)
    : cleanText(markup.value.slice(0, maxTextChars));
}

/** Of two that say nothing, the longer markup is taken (a picture, a recording). */
function chooseBody(item: Pick<ParsedItem, 'content' | 'summary'>, content: string, summary: string): BodyTexts {
  const bothSilent = content === '' && summary === '';
  const contentWins = bothSilent
    ? (item.content?.value.length ?? 0) >= (item.summary?.value.length ?? 0)
    : content.length >= summary.length;
  const [body, text] = contentWins ? [item.content ?? item.summary, content] : [item.summary, summary];
  return { body, text, summaryText: summary || content };
}
