import { describe, expect, it } from 'vitest';
import { compareToThresholds, failuresList, kindsTable } from '../../bench/conformance/report.ts';
import { score } from '../../bench/conformance/score.ts';

const index = [
  { file: 'a.xml', kind: 'real', expect: { ok: true, entries_count: 1, entries: [{ id: '1', title: 'One' }] } },
  { file: 'b.xml', kind: 'real', expect: { ok: true, entries_count: 0 } },
  { file: 'c.html', kind: 'handmade', expect: { ok: false } },
];
const results = [
  { file: 'a.xml', ok: true, entries: [{ id: '1', title: 'Two\u001b[31m\u202e' }] },
  { file: 'b.xml', ok: true, entries: [] },
];

describe('score', () => {
  it('counts files that passed every check and the mean pass rate', () => {
    const scored = score(index, results);
    expect(scored).toMatchObject({ files: 3, filesPassed: 2 });
    expect(scored.meanPassRate).toBeCloseTo((3 / 4 + 1 + 1) / 3);
    expect(scored.kinds).toEqual(
      new Map([
        ['real', { files: 2, filesPassed: 1, meanPassRate: 0.875 }],
        ['handmade', { files: 1, filesPassed: 1, meanPassRate: 1 }],
      ]),
    );
  });

  it('lists the failed checks of each file', () => {
    expect(score(index, results).failures).toEqual([
      {
        file: 'a.xml',
        checks: [{ field: 'entry.title', passed: false, expected: 'One', actual: 'Two\u001b[31m\u202e' }],
      },
    ]);
  });

  it('treats a file without a result as not parsed', () => {
    expect(score(index, []).failures.map((failure) => failure.file)).toEqual(['a.xml', 'b.xml']);
  });
});

describe('the conformance report', () => {
  const scored = score(index, results);

  it('passes at a threshold and fails below it', () => {
    const filesPassed = (100 * 2) / 3;
    const meanPassRate = 100 * scored.meanPassRate;
    expect(compareToThresholds(scored, { filesPassed, meanPassRate }).passed).toBe(true);
    expect(compareToThresholds(scored, { filesPassed: filesPassed + 0.01, meanPassRate }).passed).toBe(false);
    expect(compareToThresholds(scored, { filesPassed, meanPassRate: meanPassRate + 0.01 }).passed).toBe(false);
    expect(compareToThresholds(scored, { filesPassed: 90, meanPassRate: 90 }).text.split('\n')).toEqual([
      'files with every check     66.67 %   at least 90 %   BELOW',
      'mean pass rate             91.67 %   at least 90 %   ok',
    ]);
  });

  it('lists each failed check with expected and actual values as plain text', () => {
    expect(failuresList(scored.failures).split('\n')).toEqual([
      'a.xml',
      '  entry.title',
      '    expected "One"',
      String.raw`    actual   "Two\u001b[31m\u202e"`,
    ]);
  });

  it('shows three failed checks of a field and counts the others', () => {
    const check = { field: 'entry.id', passed: false, expected: 'x', actual: undefined };
    const lines = failuresList([{ file: 'a.xml', checks: Array.from({ length: 8 }, () => check) }]).split('\n');
    expect(lines).toHaveLength(1 + 3 * 3 + 1);
    expect(lines.slice(-2)).toEqual(['    actual   nothing', '  entry.id: 5 more']);
  });

  it('shows each kind of file separately', () => {
    expect(kindsTable(scored).split('\n')).toEqual([
      'kind         files   every check      mean',
      'real             2        50.0 %   87.50 %',
      'handmade         1       100.0 %  100.00 %',
    ]);
  });
});
