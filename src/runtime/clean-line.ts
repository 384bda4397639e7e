/**
 * Untrusted text as one line that is safe in a terminal, a log and a page: control characters (ESC, CR, BEL, C1), line
 * breaks and bidi overrides become spaces. Cut at a code-point boundary.
 *
 * @param maxChars in code points; a cut text ends with "…".
 */
export function cleanLine(text: string, maxChars = 200): string {
  const flat = text
    .replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
    .toWellFormed();
  const points = [...flat];
  return points.length <= maxChars ? flat : `${points.slice(0, maxChars - 1).join('')}…`;
}
