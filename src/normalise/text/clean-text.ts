/** C0 and C1 controls except tab and line breaks, and the noncharacters that XML forbids. */
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;
/** Bidi overrides, which reverse the text after them until they are closed. */
const overrides = /[\u202d\u202e]/g;
/** Bidi embeddings, overrides and isolates. */
const directional = /[\u202a-\u202e\u2066-\u2069]/g;
/** Invisible characters: soft hyphen, zero-width space, word joiner, byte order mark. */
const invisible = /[\u00ad\u180e\u200b\u2060-\u2064\ufeff\u206a-\u206f]/g;
/** Tag characters, which can encode hidden text. Flags that consist of them are kept. */
const tags = /(\u{1f3f4}[\u{e0020}-\u{e007e}]{1,8}\u{e007f})|[\u{e0000}-\u{e007f}]+/gu;
/** Runs of combining marks: no script puts more than four on a letter. */
const marks = /(\p{Mn}{4})\p{Mn}+/gu;

/**
 * Two spaces, or a character that is not known to be clean. The listed ranges contain letters, digits and signs that are
 * composed and need no cleaning. A text without matches skips the slow path, which would not change it.
 */
const unusual =
  /[^ -~\u00a1-\u00ac\u00ae-\u02ff\u0388-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e\u20a0-\u20bf\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3]| {2}/;

/** Removes characters that break XML or terminals and replaces lone surrogates by U+FFFD. Linear time. */
export function withoutControls(text: string): string {
  return text.replace(forbidden, '').toWellFormed();
}

/** Removes bidi overrides. */
export function withoutOverrides(text: string): string {
  return text.replace(overrides, '');
}

/**
 * Untrusted text as one line that is safe to display: without control, invisible and bidi control characters, with at most
 * four combining marks on a letter, in NFC, with white space collapsed.
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
