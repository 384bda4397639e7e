import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/parse/decode.ts';
import { fuzzRuns } from '../support/fuzz-runs.ts';
import { notesOf } from '../support/notes.ts';

const bytes = (...parts: (string | number[])[]) =>
  new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? [...Buffer.from(part)] : part)));
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const utf16 = (text: string, bigEndian: boolean) => {
  const buffer = Buffer.from(text, 'utf16le');
  return new Uint8Array(bigEndian ? buffer.swap16() : buffer);
};
const utf32 = (text: string, littleEndian: boolean) => {
  const points = [...text].map((char) => char.codePointAt(0) ?? 0);
  const view = new DataView(new ArrayBuffer(points.length * 4));
  points.forEach((point, index) => {
    view.setUint32(index * 4, point, littleEndian);
  });
  return new Uint8Array(view.buffer);
};

describe('decode without a label', () => {
  it('decodes valid UTF-8 as UTF-8', () => {
    expect(decode(bytes('<a>é😀</a>'), null)).toEqual({ text: '<a>é😀</a>', notes: [] });
  });

  it('decodes bytes without any valid UTF-8 sequence as windows-1252', () => {
    expect(decode(latin1('<a>\x93caf\xe9\x94</a>'), null)).toEqual({
      text: '<a>“café”</a>',
      notes: notesOf('charset_guess', 'recovered'),
    });
  });

  it('replaces a damaged sequence in a document that is otherwise UTF-8', () => {
    const { text, notes } = decode(bytes('<a>één ', [0xff], ' twéé</a>'), null);
    expect(text).toBe('<a>één \ufffd twéé</a>');
    expect(notes).toEqual(notesOf('recovered'));
  });

  it('decodes UTF-8 that was cut inside a character as UTF-8', () => {
    expect(decode(bytes('<a>né', [0xc3]), null).text).toBe('<a>né\ufffd');
  });

  it('decodes an empty document', () => {
    expect(decode(new Uint8Array(), null)).toEqual({ text: '', notes: [] });
  });

  it('decodes documents shorter than any detected pattern', () => {
    expect(decode(bytes('<'), null).text).toBe('<');
    expect(decode(new Uint8Array([0xff]), null).text).toBe('ÿ');
    expect(decode(new Uint8Array([0xef, 0xbb]), null).text).toBe('ï»');
  });
});

describe('decode by byte order mark', () => {
  const text = '<a>é😀</a>';
  it.each([
    ['UTF-8', bytes([0xef, 0xbb, 0xbf], text)],
    ['UTF-16 LE', bytes([0xff, 0xfe], [...utf16(text, false)])],
    ['UTF-16 BE', bytes([0xfe, 0xff], [...utf16(text, true)])],
    ['UTF-32 LE', bytes([0xff, 0xfe, 0, 0], [...utf32(text, true)])],
    ['UTF-32 BE', bytes([0, 0, 0xfe, 0xff], [...utf32(text, false)])],
  ])('decodes %s despite a different header', (_, body) => {
    expect(decode(body, 'text/xml; charset=iso-8859-1')).toEqual({ text, notes: [] });
  });

  it('replaces invalid bytes after a UTF-8 byte order mark', () => {
    const { text: read, notes } = decode(bytes([0xef, 0xbb, 0xbf], 'é è ', [0xe9]), null);
    expect(read).toBe('é è \ufffd');
    expect(notes).toEqual(notesOf('recovered'));
  });
});

describe('decode by the pattern of the first bytes', () => {
  const text = '<?xml version="1.0"?><a>é</a>';
  it.each([
    ['UTF-16 LE', utf16(text, false)],
    ['UTF-16 BE', utf16(text, true)],
    ['UTF-32 LE', utf32(text, true)],
    ['UTF-32 BE', utf32(text, false)],
  ])('decodes %s without a byte order mark', (_, body) => {
    expect(decode(body, null)).toEqual({ text, notes: notesOf('charset_guess') });
  });

  it('detects the pattern after a leading line break', () => {
    expect(decode(utf16(`\n${text}`, true), null).text).toBe(`\n${text}`);
  });

  it('decodes JSON in UTF-16 without a byte order mark', () => {
    expect(decode(utf16('{"a":1}', true), null).text).toBe('{"a":1}');
  });

  it('replaces invalid code points of UTF-32', () => {
    const body = new Uint8Array([0, 0, 0, 0x3c, 0, 0x11, 0, 0, 0, 0, 0xd8, 0]);
    expect(decode(body, null).text).toBe('<\ufffd\ufffd');
  });
});

describe('decode by label', () => {
  const declared = (charset: string, text: string) =>
    new Uint8Array(Buffer.from(`<?xml version="1.0" encoding="${charset}"?>${text}`, 'latin1'));

  it('prefers the Content-Type header to the XML declaration', () => {
    const { text } = decode(declared('iso-8859-1', '<a>\xc9</a>'), 'text/xml; charset="windows-1251"');
    expect(text).toContain('<a>Й</a>');
  });

  it('uses the XML declaration when the header names no charset', () => {
    expect(decode(declared('koi8-r', '<a>\xca</a>'), 'application/rss+xml').text).toContain('<a>й</a>');
  });

  it('finds the XML declaration after junk', () => {
    const body = new Uint8Array(Buffer.from(`\n\n<?xml version='1.0' encoding='ISO-8859-2'?><a>\xb1</a>`, 'latin1'));
    expect(decode(body, null).text).toContain('<a>ą</a>');
  });

  it('decodes iso-8859-1 as windows-1252', () => {
    expect(decode(declared('iso-8859-1', '<a>\x93\x94\x80</a>'), null)).toEqual({
      text: expect.stringContaining('<a>“”€</a>'),
      notes: [],
    });
  });

  it.each([
    ['shift_jis', [0x93, 0xfa], '日'],
    ['euc-jp', [0xc6, 0xfc], '日'],
    ['gb2312', [0xc8, 0xd5], '日'],
    ['gb18030', [0x81, 0x30, 0x81, 0x30], '\x80'],
    ['big5', [0xa4, 0xe9], '日'],
    ['euc-kr', [0xc0, 0xcf], '일'],
    ['iso-2022-jp', [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x1b, 0x28, 0x42], '日'],
    ['windows-1256', [0xc7, 0xe1], 'ال'],
  ])('reads %s', (charset, sequence, expected) => {
    const body = bytes(`<?xml version="1.0" encoding="${charset}"?><a>`, sequence, '</a>');
    expect(decode(body, null).text).toContain(`<a>${expected}</a>`);
  });

  it('trusts valid UTF-8 more than a different label', () => {
    const body = bytes('<?xml version="1.0" encoding="utf-8"?><a>é</a>');
    expect(decode(body, 'text/xml; charset=ISO-8859-1')).toEqual({
      text: expect.stringContaining('<a>é</a>'),
      notes: notesOf('charset_guess'),
    });
  });

  it('trusts an East Asian label when two-byte characters happen to be valid UTF-8', () => {
    const short = (charset: string) => bytes(`<?xml version="1.0" encoding="${charset}"?><a>`, [0xc2, 0xa1], '</a>');
    expect(decode(short('gb2312'), null).text).toContain('<a>隆</a>');
    expect(decode(short('iso-8859-1'), null).text).toContain('<a>¡</a>');
    expect(decode(bytes('<?xml version="1.0" encoding="gb2312"?><a>日</a>'), null).text).toContain('<a>日</a>');
  });

  it('falls back to windows-1252 when a document labelled UTF-8 is not', () => {
    const { text, notes } = decode(declared('UTF-8', '<a>caf\xe9</a>'), null);
    expect(text).toContain('<a>café</a>');
    expect(notes).toEqual(notesOf('charset_guess', 'recovered'));
  });

  it('falls back to the XML declaration when the header is wrong about UTF-8', () => {
    const { text, notes } = decode(declared('windows-1251', '<a>\xc9</a>'), 'text/xml; charset=utf-8');
    expect(text).toContain('<a>Й</a>');
    expect(notes).toEqual(notesOf('charset_guess'));
  });

  it('notes bytes that are invalid in the labelled charset', () => {
    const body = bytes('<?xml version="1.0" encoding="euc-jp"?><a>', [0xc6, 0xfc, 0xff], '</a>');
    expect(decode(body, null).notes).toEqual(notesOf('recovered'));
  });

  it.each(['utf-7', 'utf-16le', 'x-user-defined'])('ignores the label %s for bytes that are not UTF-8', (charset) => {
    expect(decode(latin1('<a>caf\xe9</a>'), `text/xml; charset=${charset}`).text).toBe('<a>café</a>');
  });

  it.each(['utf-7', 'utf-16', 'x-user-defined', 'klingon', 'iso-2022-kr'])('ignores the label %s', (charset) => {
    const { text, notes } = decode(bytes('<a>é +ADw-</a>'), `text/xml; charset=${charset}`);
    expect(text).toBe('<a>é +ADw-</a>');
    expect(notes).toEqual(notesOf('charset_guess'));
  });
});

describe('decode of arbitrary bytes', () => {
  it('returns well-formed text and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.option(fc.string(), { nil: null }), (body, charset) => {
        const { text } = decode(body, charset === null ? null : `text/xml; charset=${charset}`);
        expect(text.isWellFormed()).toBe(true);
      }),
      { numRuns: fuzzRuns },
    );
  });

  it('returns every text that was encoded as UTF-8 unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const document = `<a>${text}</a>`;
        expect(decode(new Uint8Array(Buffer.from(document)), null)).toEqual({ text: document, notes: [] });
      }),
      { numRuns: fuzzRuns },
    );
  });
});
