import { Parser } from 'htmlparser2';

/** Elements whose text nobody sees. */
const unseen: ReadonlySet<string> = new Set(['script', 'style', 'iframe', 'object']);
/** Markup within markup: a title that is escaped twice shows its tags after one decoding. */
const mostLayers = 3;

/** The text that a reader sees of markup, however often it was escaped; white space evened out. */
export function visibleText(markup: string): string {
  let text = markup;
  for (let layer = 0; layer < mostLayers; layer += 1) {
    const inner = withoutMarkup(text);
    if (inner === text) break;
    text = inner;
  }
  return normaliseText(text);
}

/** Only the letters and digits of it, in lower case: what stays the same whoever cleans the markup. */
export function visibleLetters(markup: string): string {
  return visibleText(markup)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

/** One form of each letter, one space between words. */
export function normaliseText(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\s\u00a0\u200b\ufeff]+/g, ' ')
    .trim();
}

function withoutMarkup(markup: string): string {
  let text = '';
  let hidden = 0;
  const parser = new Parser({
    onopentagname: (name) => {
      if (unseen.has(name)) hidden += 1;
    },
    onclosetag: (name) => {
      if (unseen.has(name)) hidden -= 1;
    },
    ontext: (piece) => {
      if (hidden === 0) text += piece;
    },
  });
  parser.end(markup);
  return text;
}
