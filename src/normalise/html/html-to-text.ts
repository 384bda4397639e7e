import type { Markup } from '../../domain/items/parsed-feed.ts';
import { cleanText, truncateBytes } from '../text/clean-text.ts';
import { escapeHtml } from './html-escape.ts';
import { HtmlReader } from './html-reader.ts';
import { VisibleTextCollector } from './visible-text.ts';

const maxInputChars = 1024 * 1024;

/**
 * The visible text of HTML, its entities decoded once, blocks parted by a space: what a person reads when the markup
 * is gone. Not to be taken for HTML.
 *
 * @param maxChars about where reading stops: the text has no more than twice as many characters.
 */
export function htmlToText(html: string, maxChars: number): string {
  const input = html.slice(0, maxInputChars);
  const end = maxChars * 2;
  if (!/[<&]/.test(input)) return cleanText(input.slice(0, end));
  const reader = new HtmlReader(input);
  const text = new VisibleTextCollector(reader, end);
  reader.run(text);
  return cleanText(text.value);
}

/** Markup as one line of plain text of at most `maxBytes` bytes: text as it stands, HTML decoded once without its tags. */
export function markupToText(markup: Markup, maxBytes: number): string {
  const text =
    markup.type === 'text' ? cleanText(markup.value.slice(0, maxBytes * 8)) : htmlToText(markup.value, maxBytes * 2);
  return truncateBytes(text, maxBytes).trimEnd();
}

/** Plain text as HTML: its paragraphs and line breaks kept. */
export function textToHtml(text: string): string {
  const escaped = escapeHtml(text.trim());
  if (!/\r?\n/.test(escaped)) return escaped;
  const paragraphs = escaped.split(/(?:\r?\n[ \t]*){2,}/).map((lines) => lines.replace(/\r?\n/g, '<br>'));
  return paragraphs.map((lines) => `<p>${lines}</p>`).join('');
}
