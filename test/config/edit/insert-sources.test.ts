import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { insertSources } from '../../../src/config/edit/insert-sources.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';

const url = 'https://example.org/feed.xml';
const insert = (text: string, section: string | null = null): string | null =>
  insertSources(text, [{ url, title: null, section }]);

/** The lines that were added to `before`. Fails if anything else changed. */
function added(before: string, after: string | null): string[] {
  const old = before.split('\n');
  const lines = (after ?? '').split('\n');
  const start = old.findIndex((line, index) => lines[index] !== line);
  const count = lines.length - old.length;
  expect([...lines.slice(0, start), ...lines.slice(start + count)]).toEqual(old);
  return lines.slice(start, start + count);
}

const shipped = `# What is read.
site:
  timezone: UTC              # aligned by hand
sections: [World, "Science"]

sources:
  # World
  - url: https://example.com/a    # the first
    section: World
      # a comment on the first

  # Science
  - { url: https://example.com/b, section: Science }   # the second
# the end
`;

describe('insertSources', () => {
  it('inserts after the last source and changes nothing else', () => {
    const after = insert(shipped);
    expect(added(shipped, after)).toEqual([`  - url: ${url}`]);
    expect(after?.split('\n').at(-3)).toBe(`  - url: ${url}`);
  });

  it('inserts after the last source of the section and its comments', () => {
    const after = insert(shipped, 'wORLD');
    expect(added(shipped, after)).toEqual([`  - url: ${url}`, '    section: wORLD']);
    expect(after).toContain('# a comment on the first\n  - url: https://example.org');
  });

  it.each([
    ['dashes without indentation', 'sources:\n- url: a\n'],
    ['no line break at the end', 'sources:\n  - url: a'],
    ['a value over several lines', 'sources:\n  - url: a\n    title: |\n      x\n\n      y\n'],
    ['a folded value', 'sources:\n  - url: a\n    title: >-\n      x\n      y\nsections: [A]\n'],
    ['keys after the list', 'sources:\n  - url: a\n\n# sections\nsections:\n  - A\n'],
    ['an anchor', 'sources:\n  - &one-two\n    url: a\n  - <<: *one-two\n    url: b\n'],
    ['a document marker', '---\nsources:\n  - url: a\n'],
    ['keys in quotes', '"sources":\n  - "url": a\n'],
    ['deep indentation', 'sources:\n      -   url: a\n          section: b\n'],
  ])('keeps all bytes of a list with %s', (_, text) => {
    const after = insert(text) ?? '';
    expect(after.replace(/ *- url: https:\/\/example\.org\/feed\.xml\n/, '').trimEnd()).toBe(text.trimEnd());
    expect(parse(after, { merge: true }).sources.at(-1)).toEqual({ url });
  });

  it('inserts many sources at once, each after the last one of its section', () => {
    const sources = ['Science', 'World', 'World', 'New'].map((section, n) => ({
      url: `${url}?${n}`,
      title: `T${n}`,
      section,
    }));
    const after = insertSources(shipped, sources) ?? '';
    expect(after.split('\n').filter((line) => !shipped.split('\n').includes(line))).toEqual([
      ...[`  - url: ${url}?1`, '    title: T1', `  - url: ${url}?2`, '    title: T2'],
      ...[`  - url: ${url}?0`, '    title: T0', '    section: Science'],
      ...[`  - url: ${url}?3`, '    title: T3', '    section: New'],
    ]);
    expect(parse(after).sources.map((one: { section?: string }) => one.section)).toEqual([
      ...['World', 'World', 'World'],
      ...['Science', 'Science', 'New'],
    ]);
  });

  it('inserts 2,000 sources in a file of 2,000 in seconds', { timeout: 60_000 }, () => {
    const sources = Array.from({ length: 2000 }, (_, n) => ({
      url: `${url}?${n}`,
      title: null,
      section: `S${n % 50}`,
    }));
    const first = insertSources('', sources) ?? '';
    const more = sources.map((source) => ({ ...source, url: `${source.url}&more` }));
    expect(parse(insertSources(first, more) ?? '').sources).toHaveLength(4000);
  });

  it('keeps Windows line ends', () => {
    const text = 'sources:\r\n  - url: a\r\n    section: World\r\n# end\r\n';
    expect(insert(text, 'World')).toBe(
      `sources:\r\n  - url: a\r\n    section: World\r\n  - url: ${url}\r\n    section: World\r\n# end\r\n`,
    );
    expect(insert('sources: []\r\n')).toBe(`sources:\r\n  - url: ${url}\r\n`);
  });

  it.each([
    ['', `sources:\n  - url: ${url}\n`],
    ['# only a comment', `# only a comment\nsources:\n  - url: ${url}\n`],
    ['sections: [A] # x\n', `sections: [A] # x\nsources:\n  - url: ${url}\n`],
    ['sources: # none yet\n', `sources:\n  # none yet\n  - url: ${url}\n`],
    ['sources: [] # none yet\n', `sources:\n  # none yet\n  - url: ${url}\n`],
    ['sources: []\n', `sources:\n  - url: ${url}\n`],
  ])('starts a list in %j', (text, after) => {
    expect(insert(text)).toBe(after);
  });

  it('rewrites a flow list and keeps its comments', () => {
    const after = insert('# top\nsections: [A] # x\nsources: [{ url: a }] # y\n') ?? '';
    expect(parse(after)).toEqual({ sections: ['A'], sources: [{ url: 'a' }, { url }] });
    for (const comment of ['# top', '# x', '# y']) expect(after).toContain(comment);
  });

  it('returns null for a list that is an alias', () => {
    expect(insert('x: &list\n  - url: a\nsources: *list\n')).toBeNull();
    expect(insert('sources: [')).toBeNull();
  });

  it('quotes values that YAML or references would interpret', () => {
    for (const section of ['No', '1e3', 'a: b', '# x', '- y', `$\{HOME}`, '"', "it's", '&a', 'é\u2028']) {
      const read = parse(
        insertSources('sources:\n  - url: a\n', [{ url: `${url}?q={\${X}}#y`, title: null, section }]) ?? '',
      );
      expect(read.sources[1]).toEqual({ url: `${url}?q={$\${X}}#y`, section: section.replace('${', () => '$${') });
    }
  });

  it('declares the same as before plus the source, for any file', () => {
    const entry = fc.constantFrom(
      '- url: a',
      '- url: b\n  section: World',
      '- { url: c }',
      '- url: d # x\n  # y\n  title: >\n    folded\n    text\n  section: Science',
      '-\n  url: e',
      '- url: f\n    \n  keep: |+\n    x\n\n',
    );
    const comment = fc.constantFrom('', '# note', '   # indented', '\n', '#');
    const text = fc
      .record({
        head: fc.constantFrom('', '# top\n', 'site:\n  title: x\n', 'sections: [World]   # x\n'),
        indent: fc.constantFrom('', '  ', '    '),
        parts: fc.array(fc.tuple(comment, entry), { minLength: 1, maxLength: 5 }),
        tail: fc.constantFrom('', '# end\n', 'sections: [World]\n', '\n\n'),
      })
      .filter(({ head, tail }) => !(head.startsWith('sections') && tail.startsWith('sections')))
      .map(({ head, indent, parts, tail }) => {
        const lines = parts.flatMap(([comments, one]) => [
          comments,
          ...one.split('\n').map((line) => `${indent}${line}`),
        ]);
        return `${head}sources:\n${lines.join('\n')}\n${tail}`;
      });
    fc.assert(
      fc.property(text, fc.constantFrom(null, 'World', 'Science', 'New'), (before, section) => {
        const after = insert(before, section);
        const wanted = section === null ? { url } : { url, section };
        const { sources, ...rest } = parse(after ?? '');
        expect(sources).toContainEqual(wanted);
        const others = sources.filter((one: { url: string }) => one.url !== url);
        expect({ ...rest, sources: others }).toEqual(parse(before));
        // In the usual form all bytes are kept.
        expect(added(before, after).length).toBe(section === null ? 1 : 2);
      }),
      { numRuns: fuzzRuns },
    );
  });
});
