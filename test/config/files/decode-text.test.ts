import { describe, expect, it } from 'vitest';
import { decodeText } from '../../../src/config/files/decode-text.ts';

const yaml = { xml: false };

describe('decodeText', () => {
  it('reads UTF-8, with and without a byte order mark', () => {
    expect(decodeText(Buffer.from('žluť'), yaml)).toBe('žluť');
    expect(decodeText(Buffer.from('\ufeffa: 1'), yaml)).toBe('a: 1');
  });

  it('reads UTF-16 by its byte order mark', () => {
    expect(decodeText(Buffer.from('\ufeffa: ž', 'utf16le'), yaml)).toBe('a: ž');
    expect(decodeText(Buffer.from('\ufeffa: ž', 'utf16le').swap16(), yaml)).toBe('a: ž');
  });

  it('rejects bytes that are not UTF-8', () => {
    expect(decodeText(Buffer.from([0x61, 0xe9, 0x62]), yaml)).toBeNull();
  });

  it('decodes XML by its encoding declaration', () => {
    const document = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>', 'latin1');
    expect(decodeText(document, { xml: true })).toContain('<a>é</a>');
    expect(decodeText(document, yaml)).toBeNull();
  });

  it('rejects an unknown encoding', () => {
    expect(decodeText(Buffer.from('<?xml version="1.0" encoding="x-klingon"?><a/>'), { xml: true })).toBeNull();
  });
});
