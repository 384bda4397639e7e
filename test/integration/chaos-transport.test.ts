import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/domain/polling/fetch-outcome.ts';
import { casesOf, createChaosSuite } from '../support/chaos/run-chaos-cases.ts';

const theatre = createChaosSuite('transport');

describe('an answer that cannot be taken', () => {
  it.each<[string, string, Failure]>([
    ['H01', 'silent', 'header_timeout'],
    ['H03', 'drip', 'header_timeout'],
    ['H04', 'drip', 'slow_body'],
    ['H05', 'open', 'slow_body'],
    ['H07', 'said', 'body_too_large'],
    ['H08', 'short', 'truncated'],
    ['H10', 'bomb', 'decompress_ratio'],
    ['H11', 'bomb', 'decompress_ratio'],
    ['H12', 'three', 'decode_error'],
    ['H12', '2,000', 'decode_error'],
    ['H12', '5,000', 'header_overflow'],
    ['H13', 'zstd', 'decode_error'],
    ['H13', 'foo', 'decode_error'],
    ['H15', 'tail', 'decode_error'],
    ['H24', '17 KB', 'header_overflow'],
    ['H24', '1 MB', 'header_overflow'],
    ['H25', 'lines', 'header_overflow'],
    ['H26', 'storm', 'protocol_error'],
    ['H27', 'status line', 'protocol_error'],
    ['H27', 'HTTP/0.9', 'protocol_error'],
    ['H27', 'bare line feeds', 'protocol_error'],
    ['H27', 'NUL in a header', 'protocol_error'],
  ])('%s, %s: is recorded as %s and changes nothing', async (row, variant, failure) => {
    await theatre.fails(row, variant, failure);
  });

  it('H06: is left at the cap, with its connection closed and its bytes counted', async () => {
    const { show, report } = await theatre.fails('H06', 'endless', 'body_too_large');
    const cap = 10 * 1024 * 1024;
    expect(report.bytes).toBeGreaterThan(cap);
    expect(report.bytes).toBeLessThan(cap * 1.1);
    await expect.poll(() => show.chaos.origin.open).toBe(0);
  });

  it('H07: is not read at all when it says that it is too large', async () => {
    const { report } = await theatre.fails('H07', 'said', 'body_too_large');
    expect(report.bytes).toBe(0);
  });
});

describe('an answer that can be taken all the same', () => {
  it('H09: is as long as it says, and what follows answers no other request', async () => {
    const show = await theatre.open('H09', 'smuggling');
    await show.readGoodDocument();
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', failure: null });
    expect((await show.items()).map((item) => item.title)).toContain('Story 4 of the herald');
    expect(show.chaos.origin.requests.map((request) => request.connection)).toEqual([1, 2]);
  });

  it.each([
    ['H14', 'plain', ['wrong_encoding_label']],
    ['H14', 'charset', ['wrong_encoding_label']],
    ['H14', 'transfer', ['wrong_encoding_label']],
    ['H24', '15 KB', []],
  ])('%s, %s: brings its items', async (row, variant, notes) => {
    const show = await theatre.open(row, variant);
    await show.readGoodDocument();
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', failure: null, failures: 0, notes });
    expect((await show.items())[0]?.title).toBe('Story 4 of the herald');
  });
});

describe('the table', () => {
  it('has every case of the theme', () => {
    expect(theatre.recordedCases()).toEqual(casesOf('transport'));
  });
});
