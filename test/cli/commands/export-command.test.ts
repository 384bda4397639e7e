import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/program.ts';
import { readOpml } from '../../../src/config/files/read-opml.ts';
import { readDeclarations } from '../../../src/config/read-declarations.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { unreadList, writeRemoteList } from '../../../src/store/sources/remote-lists.ts';
import { useFolders } from '../../config/temporary-folder.ts';
import { engines } from '../../contract/test-engines.ts';
import { opml, outline } from '../../support/opml.ts';
import { faultsOfOpml } from '../../support/syndication/feed-rules.ts';
import { FakeIo } from '../fake-io.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const makeFolder = useFolders();
const listUrl = 'https://lists.example.org/a.opml';
const files = {
  'a.yaml': `site:
  title: Example
sections: [World, Science]
sources:
  - url: https://example.org/a?x=1&y=2
    title: A & B
    interval: 1h   # a comment
    headers: { Authorization: "Bearer $\u007bTOKEN}" }
  - url: "https://example.org/b?t=$\u007bTOKEN}"
    section: Science
  - url: file:local.xml
  - opml: ${listUrl}
`,
  'b.opml': opml(`${outline('https://example.org/c', 'text="C"')}\n${outline('https://example.org/a?x=1&amp;y=2')}`),
};
const env = { TOKEN: 's3cret-token' };

/** `newswire export` on a folder, without a database unless the environment names one. */
function aFolder(more: Record<string, string> = {}) {
  const folder = makeFolder(files);
  const run = async (...args: readonly string[]) => {
    const io = new FakeIo({ ...env, FEEDS_DIR: folder.dir, DATABASE_URL: 'sqlite:/nowhere/none.sqlite', ...more });
    const code = await runCommand(['export', ...args], io);
    return { code, stdout: io.stdout, stderr: io.stderr };
  };
  return { folder, run };
}

const urlsOf = (text: string): readonly string[] => {
  const document = readOpml(text);
  return document.kind === 'read' ? document.outlines.map(({ url }) => url) : [];
};

describe('newswire export --opml', () => {
  it('writes the sources that others can read, and names those that it leaves out', async () => {
    const { run } = aFolder();
    const { code, stdout, stderr } = await run('--opml');
    expect(code).toBe(0);
    expect(faultsOfOpml(stdout)).toEqual([]);
    expect(urlsOf(stdout)).toEqual(['https://example.org/a?x=1&y=2', 'https://example.org/c']);
    expect(stdout).not.toContain('s3cret');
    expect(stderr.split('\n')).toEqual([
      'newswire: the sources of remote lists are not exported: there is no database yet.',
      expect.stringMatching(
        /^newswire: not exported, because the URL is local or contains a secret: example-org-b-t, local-xml\. With PUBLIC_URL/,
      ),
      '',
    ]);
  });

  it('names the feeds of this server for local sources and secrets when it has a public URL', async () => {
    const { run } = aFolder({ PUBLIC_URL: 'https://news.example.org/base' });
    const { stdout } = await run('--opml');
    expect(urlsOf(stdout)).toEqual([
      'https://example.org/a?x=1&y=2',
      'https://news.example.org/base/sources/local-xml/feed.rss',
      'https://example.org/c',
      'https://news.example.org/base/sources/example-org-b-t/feed.rss',
    ]);
  });

  it('contains the sources of remote lists that the server has read', async () => {
    const [engine] = engines;
    const location = await engine?.copy();
    if (location === undefined) throw new Error('no engine');
    cleanups.push(() => location.remove());
    const store = await openStore({ url: location.url, poller: false });
    const sources = [{ url: 'https://example.org/listed', title: 'Listed', section: 'Blogs', missed: 0 }];
    const content = { sources, unusable: null, failure: null };
    await writeRemoteList(store, { ...unreadList(listUrl, 'hash'), content });
    await store.close();
    const { run } = aFolder({ DATABASE_URL: location.url });
    const { stdout } = await run('--opml');
    expect(urlsOf(stdout)).toContain('https://example.org/listed');
    expect(stdout).toContain('<outline text="Blogs" title="Blogs">');
  });
});

describe('newswire export --yaml', () => {
  it('writes one file with the same declarations and no value of the environment', async () => {
    const { folder, run } = aFolder();
    const { code, stdout, stderr } = await run('--yaml');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('s3cret');
    const again = await readDeclarations(makeFolder({ 'all.yaml': stdout, 'local.xml': '' }).dir, env);
    const original = await readDeclarations(folder.dir, env);
    const comparable = ({ sources, lists, ...rest }: typeof again) => ({
      ...{ ...rest, warnings: [] },
      sources: sources.map(({ url, declaredAt: _, declarationHash: __, ...source }) => ({
        ...source,
        url: url.replace(/.*\//, ''),
      })),
      lists: lists.map(({ declaredAt: _, ...list }) => list),
    });
    expect(comparable(again)).toEqual(comparable(original));
  });

  it('writes to a file, and not into FEEDS_DIR', async () => {
    const { folder, run } = aFolder();
    const file = `${folder.dir}/../all.yaml`;
    expect(await run('--yaml', file)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toContain('https://example.org/c');
    const inside = await run('--yaml', folder.path('all.yaml'));
    expect(inside).toMatchObject({ code: 1, stderr: expect.stringContaining('would declare every source again') });
    expect(existsSync(folder.path('all.yaml'))).toBe(false);
    const nowhere = await run('--yaml', `${folder.dir}/none/all.yaml`);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot write the file \(ENOENT\)\n$/) });
  });
});

describe('newswire export', () => {
  it.each([[[]], [['--opml', '--yaml']]])('requires one format: %j', async (args) => {
    const { code, stderr } = await aFolder().run(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^newswire export: .*\. Give either --opml or --yaml\.\n$/);
  });

  it('shows two examples at the end of its help', async () => {
    const io = new FakeIo();
    expect(await runCommand(['export', '--help'], io)).toBe(0);
    expect(io.stdout.match(/^ {2}newswire export/gm)).toHaveLength(2);
  });
});
