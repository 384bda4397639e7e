import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/parse/decode.ts';
import { fuzzRuns } from '../support/fuzz-runs.ts';

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
  it('takes valid UTF-8 for UTF-8', () => {
    expect(decode(bytes('<a>é😀</a>'), null)).toEqual({ text: '<a>é😀</a>', notes: [] });
  });

  it('takes for windows-1252 what has no UTF-8 beyond ASCII', () => {
    expect(decode(latin1('<a>\x93caf\xe9\x94</a>'), null)).toEqual({
      text: '<a>“café”</a>',
      notes: ['charset_guess', 'recovered'],
    });
  });

  it('replaces a damaged sequence in what is UTF-8 otherwise', () => {
    const { text, notes } = decode(bytes('<a>één ', [0xff], ' twéé</a>'), null);
    expect(text).toBe('<a>één \ufffd twéé</a>');
    expect(notes).toEqual(['recovered']);
  });

  it('keeps a document that was cut within a character as UTF-8', () => {
    expect(decode(bytes('<a>né', [0xc3]), null).text).toBe('<a>né\ufffd');
  });

  it('reads an empty document', () => {
    expect(decode(new Uint8Array(), null)).toEqual({ text: '', notes: [] });
  });

  it('reads documents shorter than any pattern', () => {
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
  ])('reads %s whatever the header says', (_, body) => {
    expect(decode(body, 'text/xml; charset=iso-8859-1')).toEqual({ text, notes: [] });
  });

  it('replaces what is no UTF-8 behind the mark of UTF-8', () => {
    const { text: read, notes } = decode(bytes([0xef, 0xbb, 0xbf], 'é è ', [0xe9]), null);
    expect(read).toBe('é è \ufffd');
    expect(notes).toEqual(['recovered']);
  });
});

describe('decode by the pattern of the first bytes', () => {
  const text = '<?xml version="1.0"?><a>é</a>';
  it.each([
    ['UTF-16 LE', utf16(text, false)],
    ['UTF-16 BE', utf16(text, true)],
    ['UTF-32 LE', utf32(text, true)],
    ['UTF-32 BE', utf32(text, false)],
  ])('reads %s without a mark', (_, body) => {
    expect(decode(body, null)).toEqual({ text, notes: ['charset_guess'] });
  });

  it('looks past a line break in front', () => {
    expect(decode(utf16(`\n${text}`, true), null).text).toBe(`\n${text}`);
  });

  it('reads JSON in UTF-16 without a mark', () => {
    expect(decode(utf16('{"a":1}', true), null).text).toBe('{"a":1}');
  });

  it('replaces code points that do not exist in UTF-32', () => {
    const body = new Uint8Array([0, 0, 0, 0x3c, 0, 0x11, 0, 0, 0, 0, 0xd8, 0]);
    expect(decode(body, null).text).toBe('<\ufffd\ufffd');
  });
});

describe('decode by label', () => {
  const declared = (charset: string, text: string) =>
    new Uint8Array(Buffer.from(`<?xml version="1.0" encoding="${charset}"?>${text}`, 'latin1'));

  it('prefers the header to the declaration', () => {
    const { text } = decode(declared('iso-8859-1', '<a>\xc9</a>'), 'text/xml; charset="windows-1251"');
    expect(text).toContain('<a>Й</a>');
  });

  it('takes the declaration when the header names no charset', () => {
    expect(decode(declared('koi8-r', '<a>\xca</a>'), 'application/rss+xml').text).toContain('<a>й</a>');
  });

  it('finds the declaration behind junk', () => {
    const body = new Uint8Array(Buffer.from(`\n\n<?xml version='1.0' encoding='ISO-8859-2'?><a>\xb1</a>`, 'latin1'));
    expect(decode(body, null).text).toContain('<a>ą</a>');
  });

  it('means windows-1252 by iso-8859-1', () => {
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

  it('trusts valid UTF-8 more than another label', () => {
    const body = bytes('<?xml version="1.0" encoding="utf-8"?><a>é</a>');
    expect(decode(body, 'text/xml; charset=ISO-8859-1')).toEqual({
      text: expect.stringContaining('<a>é</a>'),
      notes: ['charset_guess'],
    });
  });

  it('believes in an East Asian charset whose few characters happen to be valid UTF-8', () => {
    const short = (charset: string) => bytes(`<?xml version="1.0" encoding="${charset}"?><a>`, [0xc2, 0xa1], '</a>');
    expect(decode(short('gb2312'), null).text).toContain('<a>隆</a>');
    expect(decode(short('iso-8859-1'), null).text).toContain('<a>¡</a>');
    expect(decode(bytes('<?xml version="1.0" encoding="gb2312"?><a>日</a>'), null).text).toContain('<a>日</a>');
  });

  it('goes to windows-1252 when a document that claims UTF-8 is none', () => {
    const { text, notes } = decode(declared('UTF-8', '<a>caf\xe9</a>'), null);
    expect(text).toContain('<a>café</a>');
    expect(notes).toEqual(['charset_guess', 'recovered']);
  });

  it('goes to the declaration when the header claims UTF-8 wrongly', () => {
    const { text, notes } = decode(declared('windows-1251', '<a>\xc9</a>'), 'text/xml; charset=utf-8');
    expect(text).toContain('<a>Й</a>');
    expect(notes).toEqual(['charset_guess']);
  });

  it('notes bytes that the labelled charset does not know', () => {
    const body = bytes('<?xml version="1.0" encoding="euc-jp"?><a>', [0xc6, 0xfc, 0xff], '</a>');
    expect(decode(body, null).notes).toEqual(['recovered']);
  });

  it.each([
    'utf-7',
    'utf-16le',
    'x-user-defined',
  ])('does not believe in %s for bytes that are no UTF-8 either', (charset) => {
    expect(decode(latin1('<a>caf\xe9</a>'), `text/xml; charset=${charset}`).text).toBe('<a>café</a>');
  });

  it.each(['utf-7', 'utf-16', 'x-user-defined', 'klingon', 'iso-2022-kr'])('does not believe in %s', (charset) => {
    const { text, notes } = decode(bytes('<a>é +ADw-</a>'), `text/xml; charset=${charset}`);
    expect(text).toBe('<a>é +ADw-</a>');
    expect(notes).toEqual(['charset_guess']);
  });
});

describe('decode of anything', () => {
  it('yields well-formed text and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.option(fc.string(), { nil: null }), (body, charset) => {
        const { text } = decode(body, charset === null ? null : `text/xml; charset=${charset}`);
        expect(text.isWellFormed()).toBe(true);
      }),
      { numRuns: fuzzRuns },
    );
  });

  it('gives back every text that was written as UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const document = `<a>${text}</a>`;
        expect(decode(new Uint8Array(Buffer.from(document)), null)).toEqual({ text: document, notes: [] });
      }),
      { numRuns: fuzzRuns },
    );
  });
});
