import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyDate, parseDate, plausibleDate } from '../../../src/normalise/dates/parse-date.ts';
import { threadCpuMs } from '../../support/cpu-time.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';

/** Leaves time for a busy machine and for many runs. */
const fuzzTimeoutMs = 10_000 + 100 * fuzzRuns;

function iso(text: string): string | null {
  const ms = parseDate(text);
  return ms === null ? null : new Date(ms).toISOString();
}

const rfc822: [string, string][] = [
  ['Mon, 02 Mar 2026 07:08:09 GMT', '2026-03-02T07:08:09.000Z'],
  ['Mon, 2 Mar 2026 7:08:09 +0000', '2026-03-02T07:08:09.000Z'],
  ['02 Mar 2026 07:08 UT', '2026-03-02T07:08:00.000Z'],
  ['Mon,02 Mar 2026 07:08:09 -0000', '2026-03-02T07:08:09.000Z'],
  ['Mon, 02 Mar 2026', '2026-03-02T00:00:00.000Z'],
  ['Mon, 02 Mar 26 07:08:09 GMT', '2026-03-02T07:08:09.000Z'],
  ['Fri, 02 Mar 79 07:08:09 GMT', '1979-03-02T07:08:09.000Z'],
  ['02 Mar 126 07:08:09 GMT', '2026-03-02T07:08:09.000Z'],
  ['Sunday, 02-Mar-26 07:08:09 GMT', '2026-03-02T07:08:09.000Z'],
  ['Mon, 02 March, 2026 07:08:09 UTC', '2026-03-02T07:08:09.000Z'],
  ['Mon, 02 Mar 2026 07:08:09 +02:30', '2026-03-02T04:38:09.000Z'],
  ['Mon, 02 Mar 2026 07:08:09 +2', '2026-03-02T05:08:09.000Z'],
  ['Mon, 02 Mar 2026 07:08:09 +530', '2026-03-02T01:38:09.000Z'],
  ['Mon, 02 Mar 2026 07:08:09 +0200 (CEST)', '2026-03-02T05:08:09.000Z'],
  ['Mon, 02 Mar 2026 07:08:09 GMT+2', '2026-03-02T05:08:09.000Z'],
  ['Mon, 02 Mar 2026 07:08:09 UTC-0130', '2026-03-02T08:38:09.000Z'],
  ['Mon, 02 Mar 2026 07:08:09 GMT +0200', '2026-03-02T05:08:09.000Z'],
  ['Mon, 02 Mar 2026 07:08:09', '2026-03-02T07:08:09.000Z'],
  ['Mon, 02 Mar 2026 07:08:60 GMT', '2026-03-02T07:08:59.000Z'],
  ['Mon, 02 Mar 2026 24:00:00 GMT', '2026-03-03T00:00:00.000Z'],
];

const asctime: [string, string][] = [
  ['Mon Mar  2 07:08:09 2026', '2026-03-02T07:08:09.000Z'],
  ['Mon Mar 2 07:08:09 +0100 2026', '2026-03-02T06:08:09.000Z'],
  ['Mon Mar 2 07:08:09 CET 2026', '2026-03-02T06:08:09.000Z'],
  ['Mon Mar 02 2026 07:08:09 GMT+0100 (Central European Standard Time)', '2026-03-02T06:08:09.000Z'],
  ['March 2nd, 2026 at 7:08 pm', '2026-03-02T19:08:00.000Z'],
  ['Mar 2, 2026 12:30 a.m.', '2026-03-02T00:30:00.000Z'],
  ['Mar 2, 2026 12:30 PM EST', '2026-03-02T17:30:00.000Z'],
];

const w3cdtf: [string, string][] = [
  ['2026-03-02T07:08:09Z', '2026-03-02T07:08:09.000Z'],
  ['2026-03-02t07:08:09z', '2026-03-02T07:08:09.000Z'],
  ['2026-03-02T07:08:09.5Z', '2026-03-02T07:08:09.500Z'],
  ['2026-03-02T07:08:09,123456+01:00', '2026-03-02T06:08:09.123Z'],
  ['2026-03-02T07:08+0100', '2026-03-02T06:08:00.000Z'],
  ['2026-03-02 07:08:09 -00:20', '2026-03-02T07:28:09.000Z'],
  ['2026-03-02 07:08:09 UTC', '2026-03-02T07:08:09.000Z'],
  ['2026-03-02T07:08:09 EST', '2026-03-02T12:08:09.000Z'],
  ['2026-03-02T7:8:9', '2026-03-02T07:08:09.000Z'],
  ['2026-03-02T07:08:09+00:0', '2026-03-02T07:08:09.000Z'],
  ['2026-03-02', '2026-03-02T00:00:00.000Z'],
  ['2026-03', '2026-03-01T00:00:00.000Z'],
  ['2026', '2026-01-01T00:00:00.000Z'],
  ['2026/03/02 07:08', '2026-03-02T07:08:00.000Z'],
  ['2026.03.02', '2026-03-02T00:00:00.000Z'],
  ['2026-003-02T00:00:00Z', '2026-03-02T00:00:00.000Z'],
];

const otherIso: [string, string][] = [
  ['20260302', '2026-03-02T00:00:00.000Z'],
  ['20260302T070809Z', '2026-03-02T07:08:09.000Z'],
  ['20260302T0708+0100', '2026-03-02T06:08:00.000Z'],
  ['2026-061', '2026-03-02T00:00:00.000Z'],
  ['2026061', '2026-03-02T00:00:00.000Z'],
  ['2024-366', '2024-12-31T00:00:00.000Z'],
  ['2026-W10-1', '2026-03-02T00:00:00.000Z'],
  ['2026W101', '2026-03-02T00:00:00.000Z'],
  ['2026-W10', '2026-03-02T00:00:00.000Z'],
  ['2020-W53-5', '2021-01-01T00:00:00.000Z'],
  ['26-03-02', '2026-03-02T00:00:00.000Z'],
  ['260302', '2026-03-02T00:00:00.000Z'],
  ['-2603', '2026-03-01T00:00:00.000Z'],
  ['-26-03', '2026-03-01T00:00:00.000Z'],
  ['08061', '2008-03-01T00:00:00.000Z'],
];

const zones: [string, number][] = [
  ['Z', 0],
  ['UT', 0],
  ['EST', -5],
  ['EDT', -4],
  ['CST', -6],
  ['CDT', -5],
  ['MST', -7],
  ['MDT', -6],
  ['PST', -8],
  ['PDT', -7],
  ['ET', -5],
  ['CT', -6],
  ['MT', -7],
  ['PT', -8],
  ['AT', -4],
  ['BST', 1],
  ['MET', 1],
  ['MEST', 2],
  ['CET', 1],
  ['CEST', 2],
  ['EET', 2],
  ['MSK', 3],
  ['IST', 5.5],
  ['JST', 9],
  ['AEDT', 11],
  ['Etc/GMT', 0],
  ['Etc/UTC', 0],
  // In POSIX names, plus is west.
  ['Etc/GMT+5', -5],
  ['Etc/GMT-2', 2],
  // RFC 5322 §4.3: military letters and unknown names count as UTC.
  ['K', 0],
  ['QQQ', 0],
];

const localised: [string, string][] = [
  ['Δευ, 02 Μάρ 2026 07:08:09 GMT', 'Greek'],
  ['Δευτέρα, 2 Μαρτίου 2026 07:08:09', 'Greek, whole words'],
  ['2026-március-2T7:08:09', 'Hungarian'],
  ['Mo, 02 Mär 2026 07:08:09', 'German, short'],
  ['2. März 2026, 07:08:09 Uhr', 'German'],
  ['lun., 02 mars 2026 07:08:09 +0000', 'French'],
  ['lunes, 2 de marzo de 2026 07:08:09', 'Spanish'],
  ['segunda-feira, 2 de março de 2026 07:08:09', 'Portuguese'],
  ['lunedì 2 marzo 2026 07:08:09', 'Italian'],
  ['ma 2 mrt 2026 07:08:09', 'Dutch'],
  ['pon, 02 mar 2026 07:08:09', 'Polish, short'],
  ['2 marca 2026 07:08:09', 'Polish'],
  ['2. března 2026 07:08:09', 'Czech'],
  ['Пн, 02 марта 2026 10:08:09 MSK', 'Russian'],
  ['2 березня 2026 07:08:09', 'Ukrainian'],
  ['02 Mart 2026 07:08:09', 'Turkish'],
  ['2 maaliskuuta 2026 07:08:09', 'Finnish'],
  ['2 martie 2026 07:08:09', 'Romanian'],
  ['2 مارس 2026 07:08:09', 'Arabic'],
  ['٢ مارس ٢٠٢٦ ٠٧:٠٨:٠٩', 'Arabic digits'],
  ['2 במרץ 2026 07:08:09', 'Hebrew'],
  ['2026年3月2日 07:08:09', 'Chinese'],
  ['2026年03月02日(月) 07時08分09秒', 'Japanese'],
  ['2026년 3월 2일 오전 7:08:09', 'Korean'],
  ['２０２６-０３-０２ ０７:０８:０９', 'full width'],
];

const none = [
  '',
  '   ',
  'yesterday',
  'Mon, 31 Feb 2026 10:00:00 GMT',
  'Sun, 29 Feb 2026 10:00:00 GMT',
  '2026-02-30',
  '2026-00-10',
  '2026-13-01',
  '2026-03-00',
  '2025-366',
  '2026-000',
  '2026-W54-1',
  '2026-03-02T25:00:00Z',
  '2026-03-02T24:00:01Z',
  '2026-03-02T10:60:00Z',
  '2026-03-02T10:00:61Z',
  '2026-03-02T10:00:00+01:75',
  '2026-03-02T10:00:00Zulu time',
  '2026-03-02-03',
  'Mon, 02 Mar 2026 10:00:00:00 GMT',
  'Mon, 02 Foo 2026 10:00:00 GMT',
  'Mon, Mar x 2026 10:00:00 GMT',
  'Mon, 02 Mar xx 10:00:00 GMT',
  'Mon, 02 Mar 2026 10:00:00 +xx:00',
  'Mon, 02 Mar 10:00:00 GMT',
  '02 2026 10:00',
  'Mon, 99 Mar 2026 10:00:00 GMT',
  'Mon, 02 Mar 2026 13:00 am',
  'Mon, 02 Mar 2026 pm',
  '02 Mar 2026 10:00 11:00',
  '02.03.2026 04.05.2026',
  '0000-03-02',
  '99999-03-02',
  '12345',
  '123',
  '42',
  `2026-03-02${' '.repeat(200)}`,
];

describe('parseDate', () => {
  it.each([...rfc822, ...asctime])('reads %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it.each([...w3cdtf, ...otherIso])('reads %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  it.each(zones)('reads the time zone %s', (zone, hours) => {
    expect(parseDate(`Mon, 02 Mar 2026 12:00:00 ${zone}`)).toBe(Date.UTC(2026, 2, 2, 12) - hours * 3_600_000);
  });

  it.each(localised)('reads %s (%s)', (text) => {
    expect(iso(text)).toBe('2026-03-02T07:08:09.000Z');
  });

  it.each(none)('returns null for "%s"', (text) => {
    expect(parseDate(text)).toBeNull();
  });

  it('reads seconds and milliseconds since 1970', () => {
    expect(iso('1772435289')).toBe('2026-03-02T07:08:09.000Z');
    expect(iso('1772435289500')).toBe('2026-03-02T07:08:09.500Z');
  });

  it('reads numeric dates with dots as day first', () => {
    expect(iso('02.03.2026 07:08')).toBe('2026-03-02T07:08:00.000Z');
    expect(iso('02-03-2026')).toBe('2026-03-02T00:00:00.000Z');
  });

  it('reads dates with slashes only when one order is possible', () => {
    expect(iso('13/03/2026')).toBe('2026-03-13T00:00:00.000Z');
    expect(iso('03/13/2026')).toBe('2026-03-13T00:00:00.000Z');
    expect(iso('03/02/2026 7:08 AM')).toBe('2026-03-02T07:08:00.000Z');
    expect(iso('03/02/2026 07:08')).toBeNull();
  });

  it('ignores a wrong weekday and a weekday that is a month name elsewhere', () => {
    expect(iso('Fri, 02 Mar 2026 07:08:09 GMT')).toBe('2026-03-02T07:08:09.000Z');
    expect(iso('mar. 03 févr. 2026')).toBe('2026-02-03T00:00:00.000Z');
  });

  it('reads four-digit years below 100 as written', () => {
    expect(parseDate('Fri, 02 Mar 0079 00:00:00 GMT')).toBe(new Date(0).setUTCFullYear(79, 2, 2));
  });
});

describe('parseDate on arbitrary text', () => {
  const instants = fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(2049, 11, 31) }).map((ms) => ms - (ms % 1000));

  it(
    'reads back every instant written in the usual forms',
    () => {
      fc.assert(
        fc.property(instants, (ms) => {
          const date = new Date(ms);
          for (const text of [date.toISOString(), date.toUTCString(), date.toISOString().replace('T', ' ')]) {
            expect(parseDate(text)).toBe(ms);
          }
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'subtracts any time zone offset',
    () => {
      const offsets = fc.tuple(
        fc.constantFrom('+', '-'),
        fc.integer({ min: 0, max: 14 }),
        fc.constantFrom(0, 15, 30, 45),
      );
      fc.assert(
        fc.property(instants, offsets, (ms, [sign, hours, minutes]) => {
          const local = new Date(ms).toISOString().slice(0, 19);
          const zone = `${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
          const offsetMs = (sign === '+' ? 1 : -1) * (hours * 60 + minutes) * 60_000;
          expect(parseDate(`${local}${zone}`)).toBe(ms - offsetMs);
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'returns the same on the fast path for exact formats as on the general path',
    () => {
      const two = (max: number): fc.Arbitrary<string> => fc.nat(max).map((value) => String(value).padStart(2, '0'));
      const time = fc.oneof(
        fc.tuple(two(25), two(61)).map((parts) => parts.join(':')),
        fc.tuple(two(25), two(61), two(61)).map((parts) => parts.join(':')),
        fc.tuple(two(25), two(61), two(61), fc.nat(9999)).map(([h, m, s, part]) => `${h}:${m}:${s}.${part}`),
      );
      const zone = fc.oneof(
        fc.constantFrom('GMT', 'UTC', 'Z'),
        fc.tuple(fc.constantFrom('+', '-'), two(20), fc.constantFrom('', ':'), two(61)).map((parts) => parts.join('')),
      );
      const year = fc.oneof(fc.integer({ min: 1900, max: 2100 }), fc.nat(9999)).map((y) => String(y).padStart(4, '0'));
      const month = fc.constantFrom(...'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Sept Mai Foo'.split(' '));
      const mail = fc
        .tuple(fc.constantFrom('', 'Mon, ', 'Sun, '), fc.oneof(two(32), fc.nat(9).map(String)), month, year, time, zone)
        .map(([weekday, day, name, y, t, z]) => `${weekday}${day} ${name} ${y} ${t} ${z}`);
      const internet = fc.tuple(year, two(13), two(32), time, zone).map(([y, m, d, t, z]) => `${y}-${m}-${d}T${t}${z}`);
      fc.assert(
        fc.property(fc.oneof(mail, internet), (text) => {
          // A trailing space bypasses the fast path.
          expect(parseDate(text)).toBe(parseDate(`${text} `));
        }),
        { numRuns: fuzzRuns * 5 },
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'returns null or whole milliseconds of a year from 0 to 9999 for any text',
    () => {
      const pieces = fc.constantFrom(
        'Mon',
        'Mar',
        '02',
        '2026',
        '10:00',
        'GMT',
        '+0100',
        '-',
        'T',
        'Z',
        ',',
        ' ',
        'pm',
        '年',
        '٣',
        'é',
      );
      fc.assert(
        fc.property(
          fc.oneof(
            fc.string(),
            fc.array(pieces).map((list) => list.join(' ')),
          ),
          (text) => {
            const ms = parseDate(text);
            if (ms === null) return;
            expect(Number.isSafeInteger(ms)).toBe(true);
            expect(ms).toBeGreaterThan(new Date(0).setUTCFullYear(0, 0, 1));
            expect(ms).toBeLessThan(Date.UTC(10_000, 0, 10));
          },
        ),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );

  it('returns null for texts that are too long for a date', () => {
    const spentMs = threadCpuMs(() => {
      for (const unit of ['1:', '( ', 'Mon, ', '-', '\u0301', '1 ']) expect(parseDate(unit.repeat(500_000))).toBeNull();
    });
    expect(spentMs).toBeLessThan(200);
  });
});

describe('plausibleDate', () => {
  const nowMs = Date.UTC(2026, 2, 2);
  const hourMs = 3_600_000;

  it('returns null for a date more than a day in the future', () => {
    expect(plausibleDate(nowMs + 24 * hourMs, nowMs)).toBe(nowMs + 24 * hourMs);
    expect(plausibleDate(nowMs + 24 * hourMs + 1, nowMs)).toBeNull();
    expect(classifyDate(nowMs + 25 * hourMs, nowMs)).toBe('future');
  });

  it('returns null for a date before 1990', () => {
    expect(plausibleDate(Date.UTC(1990, 0, 1), nowMs)).toBe(Date.UTC(1990, 0, 1));
    expect(plausibleDate(Date.UTC(1990, 0, 1) - 1, nowMs)).toBeNull();
    expect(classifyDate(0, nowMs)).toBe('ancient');
  });

  it('returns null for null', () => {
    expect(plausibleDate(null, nowMs)).toBeNull();
  });
});
