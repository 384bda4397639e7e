import { describe, expect, it } from 'vitest';
import { type ParseOptions, parse } from '../../../src/cli/commands/parse-command.ts';
import { runCommand } from '../../../src/cli/program.ts';
import { problemsOf, useFolders } from '../../config/temporary-folder.ts';
import { rssDocument } from '../../support/documents.ts';
import { processorHere } from '../documents-here.ts';
import { FakeIo } from '../fake-io.ts';

const makeFolder = useFolders();
const channel = { title: 'A feed', link: 'https://site.example/' };
const sound = rssDocument(channel, [
  { guid: 'g1', title: 'One', link: 'https://site.example/1', date: new Date(Date.UTC(2026, 2, 9, 10)), text: 'Text' },
  { title: 'Two' },
]);

async function run(files: readonly string[], options: ParseOptions = {}, columns: number | null = null) {
  const io = new FakeIo({}, columns);
  const processor = processorHere();
  const code = await parse(io, files, options, { createProcessor: () => processor });
  const lines = io.stdout.split('\n').filter((line) => line !== '');
  return { code, lines, stdout: io.stdout, stderr: io.stderr, closed: processor.closed() };
}

interface Line {
  readonly file: string;
  readonly ok: boolean;
  readonly entries: readonly { readonly title: string; readonly link: string | null }[];
}

const objects = (lines: readonly string[]): Line[] => lines.map((line) => JSON.parse(line) as Line);

describe('newswire parse --jsonl', () => {
  it('prints the contents of a feed as one JSON object per line', async () => {
    const folder = makeFolder({ 'a.xml': sound });
    const { code, lines, stderr, closed } = await run([folder.path('a.xml')], { jsonl: true });
    expect({ code, stderr, closed }).toEqual({ code: 0, stderr: '', closed: true });
    const [line] = objects(lines);
    expect(line).toEqual({
      file: folder.path('a.xml'),
      ok: true,
      ms: expect.any(Number),
      feed: { title: 'A feed', link: 'https://site.example/' },
      entries: [
        {
          id: 'g1',
          title: 'One',
          link: 'https://site.example/1',
          published: '2026-03-09T10:00:00.000Z',
          updated: null,
          author: null,
          summary: 'Text',
          content: null,
          categories: [],
          enclosures: [],
        },
        expect.objectContaining({ id: null, title: 'Two', published: null }),
      ],
    });
    expect(lines).toHaveLength(1);
  });

  it('keeps the order of many files, and reports why each one is not a feed', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `${index}.xml`);
    const folder = makeFolder(Object.fromEntries(names.map((name, index) => [name, index % 3 === 1 ? '<p>x' : sound])));
    const { code, lines } = await run(names.map(folder.path), { jsonl: true });
    expect(code).toBe(0);
    expect(objects(lines).map(({ file, ok }) => [file, ok])).toEqual(
      names.map((name, index) => [folder.path(name), index % 3 !== 1]),
    );
    expect(objects(lines)[1]).toMatchObject({
      error: expect.stringMatching(/^not_feed: /),
      feed: { title: null, link: null },
      entries: [],
    });
  });

  it('reports files that it cannot open, parses the others and exits with 1', async () => {
    const folder = makeFolder({ 'a.xml': sound });
    const files = ['no\u001b[31mne.xml', 'a.xml', '.'].map(folder.path);
    const { code, lines, stderr } = await run(files, { jsonl: true });
    expect(code).toBe(1);
    expect(objects(lines).map(({ ok }) => ok)).toEqual([false, true, false]);
    expect(objects(lines)[0]).toMatchObject({ error: 'file_missing: no such file' });
    expect(stderr.split('\n')).toEqual([
      `newswire: ${folder.path('no [31mne.xml')}: no such file`,
      `newswire: ${folder.path('.')}: is a directory`,
      '',
    ]);
  });

  it('reads content type and URL of the files from the command line', async () => {
    const text = '<rss version="2.0"><channel><item><title>\xe9</title><link>/1</link></item></channel></rss>';
    const folder = makeFolder();
    folder.write('a.xml', Buffer.from(text, 'latin1'));
    const options = { jsonl: true, contentType: 'text/xml; charset=iso-8859-5', url: 'https://site.example/rss' };
    const { lines } = await run([folder.path('a.xml')], options);
    expect(objects(lines)[0]?.entries[0]).toMatchObject({ title: 'щ', link: 'https://site.example/1' });
  });

  it('reads content type and URL of each file from an index', async () => {
    const text = '<rss version="2.0"><channel><item><title>\xe9</title><link>/1</link></item></channel></rss>';
    const folder = makeFolder();
    folder.write('files/a.xml', Buffer.from(text, 'latin1'));
    const lines = [
      { file: 'files/a.xml', content_type: 'text/xml; charset=iso-8859-5', base_url: 'https://a.example/' },
      { file: 'files/a.xml' },
    ];
    folder.write('index.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
    const read = objects((await run([], { jsonl: true, index: folder.path('index.jsonl') })).lines);
    expect(read.map(({ file, entries }) => [file, entries[0]?.title, entries[0]?.link])).toEqual([
      ['files/a.xml', 'щ', 'https://a.example/1'],
      ['files/a.xml', 'é', null],
    ]);
  });
});

describe('newswire parse', () => {
  it('shows one feed with its entries', async () => {
    const folder = makeFolder({ 'a.xml': sound });
    const { stdout } = await run([folder.path('a.xml')]);
    expect(stdout.replaceAll(folder.path('a.xml'), 'a.xml').replace(/ +\d+ {2}A feed/, ' MS  A feed')).toMatch(
      /^FILE .*\na\.xml .*rss2 +2 MS {2}A feed\n\nPUBLISHED +TITLE +LINK\n2026-03-09 10:00 {2}One +https:\/\/site\.example\/1\n +Two\n$/,
    );
  });

  it('shows twenty entries and the number of the others', async () => {
    const entries = Array.from({ length: 25 }, (_, index) => ({ title: `Entry ${index}` }));
    const folder = makeFolder({ 'a.xml': rssDocument(channel, entries) });
    const { lines } = await run([folder.path('a.xml')]);
    expect(lines.filter((line) => line.includes('Entry '))).toHaveLength(20);
    expect(lines.at(-1)).toBe('… and 5 more');
  });

  it('shows one row per file within the width of the terminal', async () => {
    const folder = makeFolder({ 'a.xml': sound, 'b.xml': '<html><title>Parked', 'c.xml': `${sound}<p>\u001b]0;x` });
    const { stdout, lines } = await run(['a.xml', 'b.xml', 'c.xml'].map(folder.path), {}, 80);
    expect(lines).toHaveLength(4);
    expect(lines[2]).toContain('not_feed');
    expect(stdout).not.toContain('\u001b');
    expect(lines.every((line) => line.length <= 80)).toBe(true);
  });

  it('refuses unclear input', async () => {
    expect(await problemsOf(run([]))).toEqual([expect.stringContaining('no file is given')]);
    expect(await problemsOf(run(['a.xml'], { index: 'index.jsonl' }))).toHaveLength(1);
    expect(await problemsOf(run([], { index: 'index.jsonl', url: 'https://example.org/' }))).toHaveLength(1);
    const folder = makeFolder({ 'index.jsonl': '\n' });
    expect(await problemsOf(run([], { index: folder.path('index.jsonl') }))).toEqual([
      expect.stringContaining('lists no file'),
    ]);
  });

  // A real process: on a busy machine one takes seconds to start.
  it('is a command, and parses in a worker process', { timeout: 60_000 }, async () => {
    const folder = makeFolder({ 'a.xml': sound });
    const io = new FakeIo();
    expect(await runCommand(['parse', folder.path('a.xml'), '--jsonl'], io)).toBe(0);
    expect(JSON.parse(io.stdout)).toMatchObject({ ok: true, entries: [{ id: 'g1' }, { title: 'Two' }] });
    const wrong = new FakeIo();
    expect(await runCommand(['parse'], wrong)).toBe(2);
    expect(wrong.stderr).toMatch(/^newswire parse: no file is given\. /);
  });
});
