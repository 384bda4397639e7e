/**
 * The text of a file of declarations: UTF-8, or what a byte order mark says, or, in XML, what its first line says.
 *
 * @returns null when the bytes are not text in that encoding.
 */
export function decodeText(bytes: Uint8Array, options: { readonly xml: boolean }): string | null {
  const marked = encodingByMark(bytes);
  const named = options.xml && marked === null ? encodingByDeclaration(bytes) : null;
  try {
    return new TextDecoder(marked ?? named ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    // TypeError: bytes that the encoding does not have. RangeError: an encoding that nobody knows.
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}

function encodingByMark(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
}

function encodingByDeclaration(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  return /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(head)?.[1] ?? null;
}
