import { type Note, note } from '../domain/notes/note.ts';

/** The text of a document, with notes on what was guessed or replaced. */
interface DecodedText {
  readonly text: string;
  readonly notes: readonly Note[];
}

const sniffedBytes = 1024;

/**
 * Decodes the bytes of a document. Never throws.
 *
 * Order of precedence: byte order mark; pattern of the first bytes (in UTF-16 and UTF-32, NUL bytes surround `<`);
 * charset of the Content-Type; XML declaration; UTF-8 if the bytes are valid UTF-8; windows-1252. A label other than
 * UTF-8 is ignored if the bytes contain valid UTF-8 sequences beyond ASCII: text in other charsets does not look so.
 *
 * @param contentType the Content-Type header as received, null when absent.
 */
export function decode(body: Uint8Array, contentType: string | null): DecodedText {
  const detected = detectByteOrderMark(body) ?? detectNulPattern(body);
  if (detected !== null) return decodeDetected(body, detected);

  const labels = [contentTypeCharset(contentType), declaredCharset(body)].filter((label) => label !== null);
  const utf8 = tryUtf8(body);
  const trusted = labels.find((label) => isUsable(label));
  const isUtf8 = trusted === undefined || canonicalLabel(trusted) === 'utf-8';
  const guessed = trusted === undefined && labels.length > 0 ? [note('charset_guess')] : [];

  if (utf8 !== null) {
    if (isUtf8) return { text: utf8, notes: guessed };
    return mayBeOtherCharset(trusted, body, utf8)
      ? decodeAs(body, trusted, [])
      : { text: utf8, notes: [note('charset_guess')] };
  }
  if (!isUtf8) return decodeAs(body, trusted, guessed);
  const second = labels.find((label) => isUsable(label) && canonicalLabel(label) !== 'utf-8');
  if (second !== undefined) return decodeAs(body, second, [note('charset_guess')]);
  return decodeInvalidUtf8(body);
}

interface DetectedCharset {
  readonly charset: string;
  readonly skip: number;
  readonly guessed: boolean;
}

function detectByteOrderMark(body: Uint8Array): DetectedCharset | null {
  const [a, b, c, d] = body;
  const marked = (charset: string, skip: number): DetectedCharset => ({ charset, skip, guessed: false });
  if (a === 0xef && b === 0xbb && c === 0xbf) return marked('utf-8', 3);
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? marked('utf-32le', 4) : marked('utf-16le', 2);
  if (a === 0xfe && b === 0xff) return marked('utf-16be', 2);
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return marked('utf-32be', 4);
  return null;
}

/** Detects UTF-16 and UTF-32 without a byte order mark by the NUL bytes around the first `<` or `{`. */
function detectNulPattern(body: Uint8Array): DetectedCharset | null {
  const [a, b, c, d] = body;
  if (d === undefined) return null;
  const guess = (charset: string): DetectedCharset => ({ charset, skip: 0, guessed: true });
  const opens = (byte: number | undefined) => byte === 0x3c || byte === 0x7b || byte === 0x0a || byte === 0x20;
  if (a === 0 && b === 0 && c === 0 && opens(d)) return guess('utf-32be');
  if (opens(a) && b === 0 && c === 0 && d === 0) return guess('utf-32le');
  if (a === 0 && opens(b) && c === 0 && d !== 0) return guess('utf-16be');
  if (opens(a) && b === 0 && c !== 0 && d === 0) return guess('utf-16le');
  return null;
}

function decodeDetected(body: Uint8Array, { charset, skip, guessed }: DetectedCharset): DecodedText {
  const bytes = body.subarray(skip);
  const notes = guessed ? [note('charset_guess')] : [];
  if (charset.startsWith('utf-32')) return { text: decodeUtf32(bytes, charset === 'utf-32le'), notes };
  if (charset === 'utf-8' && tryUtf8(bytes) === null) return decodeInvalidUtf8(bytes);
  return decodeAs(bytes, charset, notes);
}

/** Decodes UTF-32 by converting it to UTF-16, because TextDecoder does not support UTF-32. */
function decodeUtf32(bytes: Uint8Array, littleEndian: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const units = new Uint16Array(Math.floor(bytes.byteLength / 4) * 2);
  let used = 0;
  for (let at = 0; at + 4 <= bytes.byteLength; at += 4) {
    const point = view.getUint32(at, littleEndian);
    if (point <= 0xffff) {
      units[used++] = point;
    } else if (point <= 0x10ffff) {
      units[used++] = 0xd800 + ((point - 0x10000) >> 10);
      units[used++] = 0xdc00 + ((point - 0x10000) & 0x3ff);
    } else {
      units[used++] = 0xfffd;
    }
  }
  return new TextDecoder('utf-16le').decode(units.subarray(0, used));
}

function contentTypeCharset(contentType: string | null): string | null {
  return /;\s*charset\s*=\s*["']?([^\s"';,]+)/i.exec(contentType ?? '')?.[1] ?? null;
}

function declaredCharset(body: Uint8Array): string | null {
  const head = new TextDecoder('latin1').decode(body.subarray(0, sniffedBytes));
  return /<\?xml\s[^>]*?encoding\s*=\s*["']\s*([^"'\s>]+)/i.exec(head)?.[1] ?? null;
}

function canonicalLabel(label: string): string | null {
  try {
    return new TextDecoder(label.trim()).encoding;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Whether a label can be trusted. UTF-16 would have been detected by its NUL bytes. TextDecoder does not support UTF-7,
 * which is as well: UTF-7 hides markup.
 */
function isUsable(label: string): boolean {
  const name = canonicalLabel(label);
  return name !== null && !name.startsWith('utf-16') && name !== 'x-user-defined';
}

function tryUtf8(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/**
 * Whether bytes that are valid UTF-8 may be in the labelled charset nevertheless: if they are all ASCII (ISO-2022-JP
 * is), or if the label is an East Asian charset and all sequences have two bytes, which are valid in both.
 */
function mayBeOtherCharset(label: string, body: Uint8Array, utf8: string): boolean {
  if (utf8.length === body.length) return true;
  return /^(?:gb|big5|euc-|shift_jis)/.test(canonicalLabel(label) ?? '') && !/[\u0800-\uffff]/.test(utf8);
}

function decodeAs(body: Uint8Array, label: string, notes: readonly Note[]): DecodedText {
  const text = new TextDecoder(label.trim()).decode(body);
  return { text, notes: text.includes('\ufffd') ? [...notes, note('recovered')] : notes };
}

/**
 * Decodes bytes that are labelled or detected as UTF-8 but are invalid. If at least half of the sequences beyond ASCII
 * are valid, the others are damaged and are replaced. Otherwise the document is decoded as windows-1252.
 */
function decodeInvalidUtf8(body: Uint8Array): DecodedText {
  const text = new TextDecoder('utf-8').decode(body);
  let damaged = 0;
  let valid = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0xfffd) damaged++;
    else if (unit > 0x7f) valid++;
  }
  if (valid > 0 && valid >= damaged) return { text, notes: [note('recovered')] };
  const western = new TextDecoder('windows-1252').decode(body);
  return { text: western, notes: [note('charset_guess'), note('recovered')] };
}
