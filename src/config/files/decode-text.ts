/**
 * Decodes a declaration file: by its byte order mark, in XML by its encoding declaration, else as UTF-8.
 *
 * @returns null if the bytes are not valid in that encoding.
 */
export function decodeText(bytes: Uint8Array, options: { readonly xml: boolean }): string | null {
  const byBom = encodingByBom(bytes);
  const declared = options.xml && byBom === null ? encodingByDeclaration(bytes) : null;
  try {
    return new TextDecoder(byBom ?? declared ?? 'utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    // TypeError: bytes that are invalid in the encoding. RangeError: an unknown encoding.
    if (error instanceof TypeError || error instanceof RangeError) return null;
    throw error;
  }
}

function encodingByBom(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
}

function encodingByDeclaration(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  return /^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(head)?.[1] ?? null;
}
