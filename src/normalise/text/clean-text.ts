/** What no text may hold: C0 and C1 controls but tab and line breaks, non-characters that XML forbids. */
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;
/** Turn the text behind them around and are closed by nothing but their pendant. */
const overrides = /[\u202d\u202e]/g;
/** Marks that turn the direction of the text around them, or isolate it. */
const directional = /[\u202a-\u202e\u2066-\u2069]/g;
/** Characters that show nothing: soft hyphen, zero-width space and joiner of words, byte order mark. */
const invisible = /[\u00ad\u180e\u200b\u2060-\u2064\ufeff\u206a-\u206f]/g;
/** Tag characters spell an unseen text, but for the flags that are made of them. */
const tags = /(\u{1f3f4}[\u{e0020}-\u{e007e}]{1,8}\u{e007f})|[\u{e0000}-\u{e007f}]+/gu;
/** Piles of combining marks: no script puts more than four on a letter. */
const marks = /(\p{Mn}{4})\p{Mn}+/gu;

/**
 * Two spaces, and any character but those that need no look: letters, digits and signs of most scripts that stand alone
 * and composed, printable ASCII first. Whatever is not named here goes the long way and comes out as it would.
 */
const unusual =
  /[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0388-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]| {2}/;

/** Text without characters that break XML or terminals; lone surrogates become U+FFFD. Linear time. */
export function withoutControls(text: string): string {
  return text.replace(forbidden, '').toWellFormed();
}

/** Text without the marks that make what follows run backwards. */
export function withoutOverrides(text: string): string {
  return text.replace(overrides, '');
}

/**
 * Text of others as one line to be shown among our own: no control, invisible or direction-turning characters, no
 * piles of marks, NFC, runs of white space as one space.
 */
export function cleanText(text: string): string {
  if (!unusual.test(text)) return text.trim();
  const line = text.replace(/\s{2,}|[^\S ]/g, ' ');
  if (!unusual.test(line)) return line.trim();
  return withoutControls(line)
    .replace(directional, '')
    .replace(invisible, '')
    .replace(tags, '$1')
    .replace(marks, '$1')
    .normalize('NFC')
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** The longest beginning of at most `maxBytes` bytes of UTF-8 that splits no code point. */
export function truncateBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text;
  const bytes = Buffer.from(text.slice(0, maxBytes));
  let end = Math.min(maxBytes, bytes.length);
  // A byte 10xxxxxx goes on with the code point before it.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** At most `maxChars` code points; a cut falls between words where one is near, and shows as "…". */
export function excerpt(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const cut = firstPoints(text, maxChars - 1, maxChars);
  if (cut === null) return text;
  const space = cut.lastIndexOf(' ');
  return `${(space > cut.length * 0.7 ? cut.slice(0, space) : cut).trimEnd()}…`;
}

/** The first `count` code points; null when there are no more than `enough`. */
function firstPoints(text: string, count: number, enough: number): string | null {
  const start = text.slice(0, enough * 2 + 2);
  if (!/[\ud800-\udbff]/.test(start)) return start.slice(0, count);
  const points = [...start];
  return points.length <= enough ? null : points.slice(0, count).join('');
}
