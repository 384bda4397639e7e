import { cutToWidth, textWidth } from './text-width.ts';

/**
 * Breaks a text into lines at its spaces. A word that is wider than a line is cut.
 *
 * @param text one line without control characters.
 * @param columns the width of a line; null: unlimited, so one line.
 */
export function wrapText(text: string, columns: number | null): readonly string[] {
  if (columns === null) return [text];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const fits = last !== undefined && textWidth(last) + 1 + textWidth(word) <= columns;
    if (fits) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(cutToWidth(word, columns));
  }
  return lines;
}
