import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const codesAtStart = /['"`]((?:[PHS]\d{1,2}(?:, | ))+)[^'"`\n]+/g;

/** Codes of the table in test/cases/websub.md. */
function codesOfTable(): string[] {
  const text = readFileSync(join(root, 'cases', 'websub.md'), 'utf8');
  return [...text.matchAll(/^\| ([PHS]\d{1,2}) \|/gm)].map(([, code = '']) => code);
}

/** Codes with which the titles of tests begin, in the test files of some paths. */
function codesOfTitles(path: RegExp = /\.test\.ts$/): Set<string> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => path.test(name));
  const texts = files.map((file) => readFileSync(join(root, file), 'utf8'));
  const starts = texts.flatMap((text) => [...text.matchAll(codesAtStart)].map(([, codes = '']) => codes));
  return new Set(starts.flatMap((codes) => codes.match(/[PHS]\d{1,2}/g) ?? []));
}

describe('test/cases/websub.md', () => {
  it('lists 9 requirements on a publisher, 28 on a hub and 27 on a subscriber', () => {
    const codes = codesOfTable();
    const count = (letter: string): number => codes.filter((code) => code.startsWith(letter)).length;
    expect([count('P'), count('H'), count('S')]).toEqual([9, 28, 27]);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('lists no requirement without a test', () => {
    const tested = codesOfTitles();
    expect(codesOfTable().filter((code) => !tested.has(code))).toEqual([]);
  });

  it('lists every code of the WebSub tests', () => {
    const known = new Set(codesOfTable());
    expect([...codesOfTitles(/websub.*\.test\.ts$/)].filter((code) => !known.has(code))).toEqual([]);
  });
});
