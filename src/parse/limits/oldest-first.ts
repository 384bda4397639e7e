import type { ValidText } from '../repair/illegal-characters.ts';
import { maxItems } from './parse-limits.ts';

const dateElement = /<(?:pubDate|dc:date|published|updated|issued)>\s*([^<]{4,60})</i;

/** Whether dates grow from the first to the last item; false when one of them cannot be read. */
export function isOldestFirst(first: string | null, last: string | null): boolean {
  return Date.parse(first ?? '') < Date.parse(last ?? '');
}

/**
 * A document that has more items than are read, oldest first, without those at its beginning: its news is at the end.
 * Any other document is returned as it is. Linear in the length.
 */
export function dropOldestItems(document: ValidText): ValidText {
  const { text } = document;
  for (const tag of ['<item', '<entry']) {
    const starts = mayExceedLimit(text, tag) ? itemStarts(text, tag) : [];
    const [first, second] = starts;
    const last = starts.at(-1);
    const from = starts.at(-maxItems);
    if (starts.length <= maxItems || first === undefined || last === undefined || from === undefined) continue;
    if (!isOldestFirst(dateIn(text.slice(first, second)), dateIn(text.slice(last)))) continue;
    return { text: text.slice(0, first) + text.slice(from), notes: [...document.notes, 'item_flood'] };
  }
  return document;
}

/** A count that takes in comments and the like, and costs next to nothing for the documents that have few. */
function mayExceedLimit(text: string, tag: string): boolean {
  if (text.length < maxItems * tag.length) return false;
  let count = 0;
  for (let at = text.indexOf(tag); at >= 0 && count <= maxItems; at = text.indexOf(tag, at + 1)) count += 1;
  return count > maxItems;
}

/** Where items start, outside of CDATA sections and comments. */
function itemStarts(text: string, tag: string): number[] {
  const starts: number[] = [];
  let at = text.indexOf('<');
  while (at >= 0) {
    const close = text.startsWith('<![CDATA[', at) ? ']]>' : text.startsWith('<!--', at) ? '-->' : null;
    if (close !== null) {
      const end = text.indexOf(close, at);
      if (end < 0) return starts;
      at = text.indexOf('<', end);
      continue;
    }
    if (text.startsWith(tag, at) && /[\s>]/.test(text.charAt(at + tag.length))) starts.push(at);
    at = text.indexOf('<', at + 1);
  }
  return starts;
}

function dateIn(item: string): string | null {
  return dateElement.exec(item)?.[1] ?? null;
}
