import { maxItems } from './parse-limits.ts';

const dateElement = /<(?:pubDate|dc:date|published|updated|issued)>\s*([^<]{4,60})</i;

/** Whether the date of the last item is later than that of the first; false if either cannot be parsed. */
export function isOldestFirst(first: string | null, last: string | null): boolean {
  return Date.parse(first ?? '') < Date.parse(last ?? '');
}

/**
 * Removes the first items of an XML document that lists the oldest items first and has more than `maxItems`: its newest
 * items are at the end. Returns any other document unchanged. Linear time.
 */
export function dropOldestItems(text: string): string {
  for (const tag of ['<item', '<entry']) {
    const starts = mayExceedLimit(text, tag) ? itemStarts(text, tag) : [];
    const [first, second] = starts;
    const last = starts.at(-1);
    const from = starts.at(-maxItems);
    if (starts.length <= maxItems || first === undefined || last === undefined || from === undefined) continue;
    if (!isOldestFirst(dateIn(text.slice(first, second)), dateIn(text.slice(last)))) continue;
    return text.slice(0, first) + text.slice(from);
  }
  return text;
}

/** A count that includes tags in comments and CDATA. It spares most documents the exact one. */
function mayExceedLimit(text: string, tag: string): boolean {
  if (text.length < maxItems * tag.length) return false;
  let count = 0;
  for (let at = text.indexOf(tag); at >= 0 && count <= maxItems; at = text.indexOf(tag, at + 1)) count += 1;
  return count > maxItems;
}

/** The positions of start tags outside CDATA sections and comments. */
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
