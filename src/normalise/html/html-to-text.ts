import type { Markup } from '../../domain/items/parsed-feed.ts';
import { cleanText } from '../text/clean-text.ts';
import { truncateBytes } from '../text/truncate.ts';
import { escapeHtml } from './html-escape.ts';
import { HtmlReader } from './html-reader.ts';
import { VisibleTextCollector } from './visible-text.ts';

const maxInputChars = 1024 * 1024;

/**
 * The visible text of HTML, with entities decoded once and a space between blocks. The result is not HTML.
 *
 * @param maxChars the approximate limit: the text has at most twice as many characters.
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

/** Markup as one line of plain text of at most `maxBytes` bytes: text as it is, HTML decoded once and without tags. */
export function markupToText(markup: Markup, maxBytes: number): string {
  const text =
    markup.type === 'text' ? cleanText(markup.value.slice(0, maxBytes * 8)) : htmlToText(markup.value, maxBytes * 2);
  return truncateBytes(text, maxBytes).trimEnd();
}

/** Converts plain text to HTML. Keeps paragraphs and line breaks. */
export function textToHtml(text: string): string {
  const escaped = escapeHtml(text.trim());
  if (!/\r?\n/.test(escaped)) return escaped;
  const paragraphs = escaped.split(/(?:\r?\n[ \t]*){2,}/).map((lines) => lines.replace(/\r?\n/g, '<br>'));
  return paragraphs.map((lines) => `<p>${lines}</p>`).join('');
}
