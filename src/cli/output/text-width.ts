const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Code points that take two terminal columns: the East Asian Wide and Fullwidth blocks of UAX #11. */
const wide =
  /^[\u{1100}-\u{115f}\u{2e80}-\u{303e}\u{3041}-\u{33ff}\u{3400}-\u{4dbf}\u{4e00}-\u{9fff}\u{a000}-\u{a4cf}\u{a960}-\u{a97f}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6f}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;
const emoji = /^(?:\p{Emoji_Presentation}|\p{Emoji}\ufe0f|\p{RI})/u;
/** Combining marks, joiners, and Hangul vowels and finals (conjoining jamo). */
const invisible = /^[\p{M}\p{Cf}\u{1160}-\u{11ff}]$/u;

/** Width of a text in terminal columns. */
export function textWidth(text: string): number {
  // Fast path: most texts are ASCII.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** Cuts a text to a width. "…" marks a cut, which never splits a grapheme. */
export function cutToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let cut = '';
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}

function graphemeWidth(grapheme: string): number {
  if (emoji.test(grapheme)) return 2;
  let width = 0;
  for (const point of grapheme) if (!invisible.test(point)) width += wide.test(point) ? 2 : 1;
  return width;
}
