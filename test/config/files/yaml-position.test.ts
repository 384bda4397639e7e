import { describe, expect, it } from 'vitest';
import { LineCounter, parseDocument } from 'yaml';
import { yamlPositions } from '../../../src/config/files/yaml-position.ts';

function positionsIn(text: string) {
  const lines = new LineCounter();
  return yamlPositions(parseDocument(text, { lineCounter: lines }), lines);
}

const text = `# a remark
site:
  title: A
sources:
  - url: &shared https://example.org/1
    headers:
      X-A: "1"
  - { url: *shared,
      trust: { dates: 3 } }
  -
    url: |
      folded
`;

describe('yamlPositions', () => {
  const positions = positionsIn(text);

  it.each([
    [[], 2],
    [['site', 'title'], 3],
    [['sources', 0], 5],
    [['sources', 0, 'url'], 5],
    [['sources', 0, 'headers', 'X-A'], 7],
    [['sources', 1], 8],
    [['sources', 1, 'trust', 'dates'], 9],
    [['sources', 2], 11],
  ] as const)('finds the line of the value at %j', (path, line) => {
    expect(positions.lineOf(path)).toBe(line);
  });

  it('returns the line of the nearest existing ancestor', () => {
    expect(positions.lineOf(['sources', 0, 'section'])).toBe(5);
    expect(positions.lineOf(['sources', 7, 'url'])).toBe(5);
    expect(positions.lineOf(['nowhere'])).toBe(2);
  });

  it('distinguishes the lines of a key and its value', () => {
    const split = positionsIn('sources:\n\n  - url: x\n');
    expect(split.lineOfKey([], 'sources')).toBe(1);
    expect(split.lineOf(['sources'])).toBe(3);
    expect(split.lineOfKey(['sources', 0], 'url')).toBe(3);
  });

  it('resolves aliases', () => {
    const aliased = positionsIn('a: &a\n  x: 1\n  y: 2\nb: *a\n');
    expect(aliased.lineOf(['b'])).toBe(4);
    expect(aliased.lineOf(['b', 'y'])).toBe(3);
    expect(aliased.lineOfKey(['b'], 'y')).toBe(3);
  });

  it('returns line 1 for an empty document', () => {
    expect(positionsIn('').lineOf(['a'])).toBe(1);
    expect(positionsIn('').lineOfKey(['a'], 'b')).toBe(1);
  });
});
