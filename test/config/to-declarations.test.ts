import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileDeclarations, SourceEntry } from '../../src/config/files/file-declarations.ts';
import { ProblemList } from '../../src/config/problems/problem-list.ts';
import type { SourceFields } from '../../src/config/schema/source-schema.ts';
import { toDeclarations, toSite } from '../../src/config/to-declarations.ts';

let line = 0;

function entry(fields: Partial<SourceFields> & { url: string }): SourceEntry {
  line += 1;
  const where = `a.yaml:${line}`;
  return {
    fields,
    rawUrl: fields.url,
    urlReferences: { masked: fields.url, secrets: [] },
    where,
    positionOf: (key) => `${where} ${key}`,
    isOutline: false,
  };
}

function part(sources: readonly SourceEntry[], sections: readonly string[] = []): FileDeclarations {
  return { site: null, sections, sources, lists: [], webhooks: [], alerts: [] };
}

async function put(...parts: FileDeclarations[]) {
  const problems = new ProblemList();
  const declarations = await toDeclarations(parts, path.resolve('/nowhere'), problems);
  return { ...declarations, problems: problems.all().map((problem) => `${problem.where}: ${problem.what}`) };
}

describe('toDeclarations', () => {
  it('keeps the order of files and entries', async () => {
    const { sources } = await put(
      part([entry({ url: 'https://example.org/2' }), entry({ url: 'https://example.org/1' })]),
      part([entry({ url: 'https://example.org/0' })]),
    );
    expect(sources.map((source) => source.url.at(-1))).toEqual(['2', '1', '0']);
  });

  it('omits a source with an invalid URL and checks the others', async () => {
    const { sources, problems } = await put(
      part([
        entry({ url: 'nonsense' }),
        entry({ url: 'https://example.org/a', id: 'a' }),
        entry({ url: 'https://example.org/b', id: 'a' }),
      ]),
    );
    expect(problems).toHaveLength(2);
    expect(sources.map((source) => source.url)).toEqual(['https://example.org/a', 'https://example.org/b']);
  });

  it('treats URLs that differ only in fragment, host case or default port as equal', async () => {
    const { problems } = await put(
      part([
        entry({ url: 'https://example.org/a' }),
        entry({ url: 'https://EXAMPLE.org:443/a#x' }),
        entry({ url: 'https://example.org/A' }),
        entry({ url: 'http://example.org/a' }),
      ]),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('url is already declared at');
  });

  it('never assigns an id twice', async () => {
    const titles = ['A', 'a', 'Á', 'A-2', 'a 2', '!', '?', 'x', 'A'];
    const { sources } = await put(part(titles.map((title, n) => entry({ url: `https://example.org/${n}`, title }))));
    const ids = sources.map((source) => source.id);
    expect(new Set(ids).size).toBe(titles.length);
    expect(ids.slice(0, 4)).toEqual(['a', 'a-2', 'a-3', 'a-2-2']);
  });

  it('removes the www of a host from an id', async () => {
    const { sources } = await put(part([entry({ url: 'https://www.example.org/' })]));
    expect(sources[0]?.id).toBe('example-org');
  });

  it('adds Authorization from the URL and reports a conflict', async () => {
    const { sources, problems } = await put(
      part([
        entry({ url: 'https://a:b@example.org/1', headers: { 'X-A': '1' } }),
        entry({ url: 'https://a:b@example.org/2', headers: { AUTHORIZATION: 'x' } }),
      ]),
    );
    expect(sources[0]?.headers).toEqual({ 'X-A': '1', Authorization: 'Basic YTpi' });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('url contains credentials, and headers contains Authorization');
  });

  it('distinguishes declared and derived ids', async () => {
    const { sources } = await put(
      part([
        entry({ url: 'https://example.org/1', id: 'mine' }),
        entry({ url: 'https://example.org/2', title: 'Theirs' }),
      ]),
    );
    expect(sources.map((source) => [source.id, source.idDeclared, source.title])).toEqual([
      ['mine', true, null],
      ['theirs', false, 'Theirs'],
    ]);
  });

  it('orders sections: declared ones, then those that only sources name', async () => {
    const { sections, sources } = await put(
      part([entry({ url: 'https://example.org/1', section: 'Local' })], ['World']),
      part([entry({ url: 'https://example.org/2', section: 'WORLD' })], ['Science', 'world']),
    );
    expect(sections).toEqual(['World', 'Science', 'Local']);
    expect(sources.map((source) => source.section)).toEqual(['Local', 'World']);
  });

  it('assigns a source without section to the first one, or to News', async () => {
    const plain = () => entry({ url: 'https://example.org/' });
    expect((await put(part([plain()], ['World', 'Arts']))).sources[0]?.section).toBe('World');
    const bare = await put(part([plain()]));
    expect(bare.sources[0]?.section).toBe('News');
    expect(bare.sections).toEqual(['News']);
  });

  it('has no section News if no source needs it', async () => {
    expect((await put(part([entry({ url: 'https://example.org/', section: 'Arts' })]))).sections).toEqual(['Arts']);
  });

  it('uses the first site and reports the others', async () => {
    const { site, problems } = await put(
      {
        site: { fields: { title: 'First' }, where: 'a.yaml:1' },
        sections: [],
        sources: [],
        lists: [],
        webhooks: [],
        alerts: [],
      },
      {
        site: { fields: { title: 'Second' }, where: 'b.yaml:1' },
        sections: [],
        sources: [],
        lists: [],
        webhooks: [],
        alerts: [],
      },
      { site: { fields: {}, where: 'c.yaml:5' }, sections: [], sources: [], lists: [], webhooks: [], alerts: [] },
    );
    expect(site.title).toBe('First');
    expect(problems).toEqual([
      'b.yaml:1: site is already declared at a.yaml:1',
      'c.yaml:5: site is already declared at a.yaml:1',
    ]);
  });
});

describe('toSite', () => {
  it('fills in defaults individually', () => {
    expect(toSite({ politeness: { hostConcurrency: 3 } }).politeness).toEqual({
      hostGapMs: 1000,
      hostConcurrency: 3,
      globalPerSecond: 10,
    });
    expect(toSite({ comments: 'off' })).toMatchObject({ title: 'Newswire', timezone: 'UTC', comments: 'off' });
    expect(toSite({ politeness: { hostGap: 0 } }).politeness.hostGapMs).toBe(0);
    expect(toSite({ retention: { itemsPerSource: 500 } }).retention).toEqual({
      maxAgeMs: 90 * 86_400_000,
      itemsPerSource: 500,
    });
    expect(toSite({ retention: { maxAge: 86_400_000 } }).retention).toEqual({
      maxAgeMs: 86_400_000,
      itemsPerSource: 10_000,
    });
  });
});
