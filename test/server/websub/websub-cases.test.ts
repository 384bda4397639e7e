import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { casesOfTitle, websubCases } from '../../support/websub-cases.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Titles of tests that begin with rows, in every file. */
function titles(): string[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    return [...text.matchAll(/['"`]((?:[PHS]\d{1,2}(?:, | ))+[^'"`\n]+)/g)].map(([, title = '']) => title);
  });
}

describe('the rows of WebSub', () => {
  it('are 9 of a publisher, 28 of a hub and 27 of a subscriber', () => {
    const rows = Object.keys(websubCases);
    const count = (letter: string): number => rows.filter((row) => row.startsWith(letter)).length;
    expect([count('P'), count('H'), count('S'), rows.length]).toEqual([9, 28, 27, 64]);
  });

  it('have a test each, at least', () => {
    const tested = new Set(titles().flatMap(casesOfTitle));
    expect(Object.keys(websubCases).filter((row) => !tested.has(row))).toEqual([]);
  });

  it('are read from the start of a title', () => {
    expect(casesOfTitle('H9 keeps the old secret')).toEqual(['H9']);
    expect(casesOfTitle('S13, S14 are refused')).toEqual(['S13', 'S14']);
    expect(casesOfTitle('is paced, see H9')).toEqual([]);
  });
});
