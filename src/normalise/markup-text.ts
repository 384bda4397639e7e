import { type Handler, Parser } from 'htmlparser2';
import type { Markup } from '../domain/parsed-feed.ts';
import { droppedWhole } from './allow-list.ts';
import { cleanText, cutBytes } from './text.ts';

const unseen = words(`${droppedWhole.join(' ')} audio video head`);
const inline = words(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd mark q s samp small span strike strong sub sup time tt u var wbr',
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

const chunkChars = 16 * 1024;
const maxInputChars = 1024 * 1024;

/**
 * The visible text of HTML, its entities decoded once, blocks parted by a space: what a person reads when the markup
 * is gone. Not to be taken for HTML.
 *
 * @param maxChars is about where reading stops; the text may be somewhat longer.
 */
export function htmlToText(html: string, maxChars: number): string {
  const end = Math.min(html.length, maxInputChars);
  if (!/[<&]/.test(html)) return cleanText(html.slice(0, Math.min(end, wholeChunks(maxChars * 2))));
  const reader = new TextReader();
  const parser = new Parser(reader);
  for (let at = 0; at < end && reader.text.length < maxChars * 2; at += chunkChars) {
    parser.write(html.slice(at, Math.min(end, at + chunkChars)));
  }
  parser.end();
  return cleanText(reader.text);
}

/** As many characters in chunks. */
function wholeChunks(chars: number): number {
  return Math.ceil(chars / chunkChars) * chunkChars;
}

/** Hears names and text only: what nobody asks for, attributes above all, the parser does not put together. */
class TextReader implements Pick<Handler, 'onopentagname' | 'onclosetag' | 'ontext'> {
  text = '';
  #hidden = 0;

  onopentagname(name: string): void {
    if (inline.has(name)) return;
    if (unseen.has(name)) this.#hidden++;
    this.text += ' ';
  }

  onclosetag(name: string): void {
    if (inline.has(name)) return;
    if (unseen.has(name)) this.#hidden--;
    this.text += ' ';
  }

  ontext(part: string): void {
    if (this.#hidden === 0) this.text += part;
  }
}

/** Markup as one line of plain text of at most `maxBytes` bytes: text as it stands, HTML decoded once without its tags. */
export function plainText(markup: Markup, maxBytes: number): string {
  const text =
    markup.type === 'text' ? cleanText(markup.value.slice(0, maxBytes * 8)) : htmlToText(markup.value, maxBytes * 2);
  return cutBytes(text, maxBytes).trimEnd();
}

/** Plain text as HTML: its paragraphs and line breaks kept. */
export function textToHtml(text: string): string {
  const escaped = text.trim().replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  if (!/\r?\n/.test(escaped)) return escaped;
  const paragraphs = escaped.split(/(?:\r?\n[ \t]*){2,}/).map((lines) => lines.replace(/\r?\n/g, '<br>'));
  return paragraphs.map((lines) => `<p>${lines}</p>`).join('');
}
