import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/domain/failure.ts';
import { casesOf, createChaosSuite } from '../support/chaos/run-chaos-cases.ts';
import { notesOf } from '../support/notes.ts';

const suite = createChaosSuite('transport');

describe('an invalid response', () => {
  it.each<[string, string, Failure]>([
    ['H01', 'silent', 'header_timeout'],
    ['H03', 'drip', 'header_timeout'],
    ['H04', 'drip', 'slow_body'],
    ['H05', 'open', 'slow_body'],
    ['H07', 'declared', 'body_too_large'],
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
    await suite.fails(row, variant, failure);
  });

  it('H06: is aborted at the limit, with its connection closed and its bytes counted', async () => {
    const { run, report } = await suite.fails('H06', 'endless', 'body_too_large');
    const cap = 10 * 1024 * 1024;
    expect(report.bytes).toBeGreaterThan(cap);
    expect(report.bytes).toBeLessThan(cap * 1.1);
    await expect.poll(() => run.chaos.origin.open).toBe(0);
  });

  it('H07: is not read if its declared size exceeds the limit', async () => {
    const { report } = await suite.fails('H07', 'declared', 'body_too_large');
    expect(report.bytes).toBe(0);
  });
});

describe('an unusual but usable response', () => {
  it('H09: has its declared length, and trailing bytes answer no other request', async () => {
    const run = await suite.open('H09', 'smuggling');
    await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null });
    expect((await run.items()).map((item) => item.title)).toContain('Story 4 of the herald');
    expect(run.chaos.origin.requests.map((request) => request.connection)).toEqual([1, 2]);
  });

  it.each([
    ['H14', 'plain', notesOf('wrong_encoding_label')],
    ['H14', 'charset', notesOf('wrong_encoding_label')],
    ['H14', 'transfer', notesOf('wrong_encoding_label')],
    ['H24', '15 KB', []],
  ])('%s, %s: yields its items', async (row, variant, notes) => {
    const run = await suite.open(row, variant);
    await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null, failures: 0, notes });
    expect((await run.items())[0]?.title).toBe('Story 4 of the herald');
  });
});

describe('the suite', () => {
  it('runs every case of the theme', () => {
    expect(suite.recordedCases()).toEqual(casesOf('transport'));
  });
});
