import { Parser } from 'htmlparser2';

/** Elements whose text is not visible. */
const hiddenElements: ReadonlySet<string> = new Set(['script', 'style', 'iframe', 'object']);
/** Markup within markup: a title that is escaped twice contains tags after one decoding. */
const mostLayers = 3;

/** The visible text of markup, however often it was escaped, with white space collapsed. */
export function visibleText(markup: string): string {
  let text = markup;
  for (let layer = 0; layer < mostLayers; layer += 1) {
    const inner = withoutMarkup(text);
    if (inner === text) break;
    text = inner;
  }
  return normaliseText(text);
}

/** The letters and digits of the visible text, in lower case, which every sanitiser preserves. */
export function visibleLetters(markup: string): string {
  return visibleText(markup)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

/** The text in NFC with white space collapsed. */
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
      if (hiddenElements.has(name)) hidden += 1;
    },
    onclosetag: (name) => {
      if (hiddenElements.has(name)) hidden -= 1;
    },
    ontext: (piece) => {
      if (hidden === 0) text += piece;
    },
  });
  parser.end(markup);
  return text;
}
