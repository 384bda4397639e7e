import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseFeed } from '../../src/parse/parse-feed.ts';

const folder = fileURLToPath(new URL('../fixtures/feeds/', import.meta.url));
const suffix = '.expected.json';

/** One document for each special case, with a file of the same name for the expected result. */
const expectations = readdirSync(folder).filter((name) => name.endsWith(suffix));
const documents = new Map(
  readdirSync(folder)
    .filter((name) => !name.endsWith(suffix))
    .map((name) => [name.replace(/\.[a-z]+$/, ''), name]),
);

describe('the fixtures', () => {
  it('have one expectation for each document', () => {
    expect(expectations.map((name) => name.slice(0, -suffix.length)).sort()).toEqual([...documents.keys()].sort());
  });

  it.each([...documents.values()])('describe in the first line what is special about %s', (name) => {
    const [first = ''] = readFileSync(`${folder}${name}`, 'utf8').split('\n', 2).join(' ').split('-->');
    expect(first).toMatch(/<!-- \S|"_what": "|junk before/);
  });
});

describe('parseFeed', () => {
  it.each(expectations)('parses a document to %s', async (name) => {
    const base = name.slice(0, -suffix.length);
    const body = readFileSync(`${folder}${documents.get(base)}`);
    const expected: unknown = JSON.parse(readFileSync(`${folder}${name}`, 'utf8'));

    const result = await parseFeed({ body, contentType: null });

    expect(result).toMatchObject({ kind: 'parsed', feed: expected });
  });

  it.each(expectations)('leaves no field undefined in %s', async (name) => {
    const body = readFileSync(`${folder}${documents.get(name.slice(0, -suffix.length))}`);
    const result = await parseFeed({ body, contentType: null });
    expect(structuredClone(result)).toEqual(result);
    expect(undefinedIn(result)).toEqual([]);
  });
});

function undefinedIn(value: unknown, path = ''): string[] {
  if (value === undefined) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => undefinedIn(inner, `${path}/${key}`));
}
