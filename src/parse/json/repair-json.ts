import { maxEdits } from '../limits/parse-limits.ts';

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const closerOf: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/** Repaired JSON, and whether the end of the document was dropped. */
interface RepairedJson {
  readonly json: string;
  readonly isTruncated: boolean;
}

/**
 * Repairs JSON that is followed by junk, has raw control characters in strings, has trailing commas, or is truncated. A
 * truncated document ends after the last complete object in an array of the outermost object. Linear time.
 *
 * @param text begins with `{`. The result is not checked: JSON that has other faults stays invalid.
 */
export function repairJson(text: string): RepairedJson {
  const written: string[] = [];
  const closers: string[] = [];
  let complete = 0;
  for (const found of tokens(text)) {
    const closer = closerOf[found];
    if (closer !== undefined) closers.push(closer);
    if (found === '}' || found === ']') {
      dropTrailingComma(written);
      if (closers.pop() !== found) break;
    }
    if (written.length > maxEdits) break;
    written.push(found.startsWith('"') ? repairString(found) : found);
    if (closers.length === 0) return { json: written.join(''), isTruncated: false };
    if (found === '}' && closers.length === 2 && closers[1] === ']') complete = written.length;
  }
  return { json: `${written.slice(0, complete).join('')}]}`, isTruncated: true };
}

/** Strings (the last one may be unfinished), brackets, commas, and the text between them. */
function* tokens(text: string): Generator<string> {
  const marks = /["[\]{},]/g;
  let at = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark.index > at) yield text.slice(at, mark.index);
    at = mark[0] === '"' ? endOfString(text, mark.index) : marks.lastIndex;
    marks.lastIndex = at;
    yield text.slice(mark.index, at);
  }
}

function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at++;
  }
  return text.length;
}

function dropTrailingComma(written: string[]): void {
  while (written.at(-1)?.trim() === '') written.pop();
  if (written.at(-1) === ',') written.pop();
}

function repairString(found: string): string {
  return found.replace(/[\0-\x1f]/g, (control) => shortEscapes[control] ?? '');
}
