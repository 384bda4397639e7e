/** The longest prefix of at most `maxBytes` bytes of UTF-8 that splits no code point. */
export function truncateBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text.slice(0, maxBytes));
  let end = Math.min(maxBytes, bytes.length);
  // A byte 10xxxxxx continues the code point before it.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** At most `maxChars` code points. Truncates between words if possible, and marks the cut with "…". */
export function excerpt(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const cut = firstPoints(text, maxChars - 1, maxChars);
  if (cut === null) return text;
  const space = cut.lastIndexOf(' ');
  return `${(space > cut.length * 0.7 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

/** The first `count` code points; null if the text has at most `limit`. */
function firstPoints(text: string, count: number, limit: number): string | null {
  const start = text.slice(0, limit * 2 + 2);
  if (!/[\ud800-\udbff]/.test(start)) return start.slice(0, count);
  const points = [...start];
  return points.length <= limit ? null : points.slice(0, count).join('');
}
