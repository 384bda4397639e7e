import { describe, expect, it } from 'vitest';
import { ProblemList, quote } from '../../../src/config/problems/problem-list.ts';
import { ConfigError } from '../../../src/domain/config-error.ts';

function listOf(...places: string[]): ProblemList {
  const problems = new ProblemList();
  for (const where of places) problems.add({ where, what: 'is wrong', remedy: 'Fix it' });
  return problems;
}

describe('ProblemList', () => {
  it('groups errors by file in order of lines', () => {
    const places = listOf('b.yaml:10', 'a.yaml:2', 'b.yaml:9', 'a.yaml', 'a.yaml:10').all();
    expect(places.map((problem) => problem.where)).toEqual([
      'a.yaml',
      'a.yaml:2',
      'a.yaml:10',
      'b.yaml:9',
      'b.yaml:10',
    ]);
  });

  it('keeps the order of two errors of one line', () => {
    const problems = new ProblemList();
    problems.add({ where: 'a.yaml:1', what: 'first', remedy: '' });
    problems.add({ where: 'a.yaml:1', what: 'second', remedy: '' });
    expect(problems.all().map((problem) => problem.what)).toEqual(['first', 'second']);
  });

  it('throws all errors, or nothing', () => {
    expect(() => listOf().throwIfAny()).not.toThrow();
    expect(() => listOf('b:1', 'a:1').throwIfAny()).toThrow(
      new ConfigError([
        { where: 'a:1', what: 'is wrong', remedy: 'Fix it' },
        { where: 'b:1', what: 'is wrong', remedy: 'Fix it' },
      ]),
    );
  });
});

describe('quote', () => {
  it.each([
    ['plain', '"plain"'],
    ['two\nlines\u001b', '"two\\nlines\\u001b"'],
    [15, '15'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ a: 1 }, '{"a":1}'],
  ])('formats %j as %s', (value, shown) => {
    expect(quote(value)).toBe(shown);
  });

  it('removes the user name and password of a URL', () => {
    expect(quote('https://me:secret@example.org/a@b')).toBe('"https://…@example.org/a@b"');
    expect(quote('//me@example.org')).toBe('"//…@example.org"');
    expect(quote('https://example.org/@me')).toBe('"https://example.org/@me"');
  });

  it('truncates long values between characters', () => {
    const shown = quote('😀'.repeat(500));
    expect([...shown]).toHaveLength(120);
    expect(shown.endsWith('😀…')).toBe(true);
    expect(shown.isWellFormed()).toBe(true);
  });
});
