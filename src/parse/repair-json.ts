const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const closerOf: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/** A piece of JSON: a string (perhaps unfinished), a bracket or comma, or a run of anything else. */
const piece = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|[[\]{},]|[^"[\]{},]+/g;

/** JSON made sound, and whether it had to be cut. */
export interface MendedJson {
  readonly json: string;
  readonly isCut: boolean;
}

/**
 * Makes sound JSON of one that has junk behind it, raw control characters in its strings or commas too many, or that
 * ends too early: that is cut after the last complete object in a list of the outermost object. Linear time.
 *
 * @param text begins with `{`.
 */
export function mendJson(text: string): MendedJson {
  const written: string[] = [];
  const closers: string[] = [];
  let complete = 0;
  for (const [found] of text.matchAll(piece)) {
    const closer = closerOf[found];
    if (closer !== undefined) closers.push(closer);
    if (found === '}' || found === ']') {
      dropComma(written);
      if (closers.pop() !== found) break;
    }
    written.push(found.startsWith('"') ? mendString(found) : found);
    if (closers.length === 0) return { json: written.join(''), isCut: false };
    if (found === '}' && closers.length === 2 && closers[1] === ']') complete = written.length;
  }
  return { json: `${written.slice(0, complete).join('')}]}`, isCut: true };
}

function dropComma(written: string[]): void {
  while (written.at(-1)?.trim() === '') written.pop();
  if (written.at(-1) === ',') written.pop();
}

function mendString(found: string): string {
  return found.replace(/[\0-\x1f]/g, (control) => shortEscapes[control] ?? '');
}
