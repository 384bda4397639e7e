import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/program.ts';
import { readDeclarations } from '../../../src/config/read-declarations.ts';
import { useFolders } from '../../config/temporary-folder.ts';
import { exportOf500, heading, opml, outline } from '../../support/opml.ts';
import { startOrigin } from '../../support/origin.ts';
import { useCleanups } from '../../support/use-cleanups.ts';
import { FakeIo } from '../fake-io.ts';

const cleanups = useCleanups();

async function anOrigin() {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  return origin;
}
const makeFolder = useFolders();
const before = `# Mine
sections: [World]   # tabs
sources:
  - url: https://example.com/a.xml   # the first
    section: World
  # Science
  - url: https://example.com/b.xml
    section: Science
`;

/** A folder with two sources, and `newswire import` on it. */
function aFolder(text = before) {
  const folder = makeFolder({ 'sources.yaml': text });
  const write = (name: string, document: string): string => {
    const file = `${folder.dir}/../${name}`;
    writeFileSync(file, document);
    return file;
  };
  const run = async (input: string, options: readonly string[] = [], columns: number | null = null) => {
    const io = new FakeIo({ ALLOW_PRIVATE_NETWORKS: '127.0.0.1', FEEDS_DIR: folder.dir }, columns);
    const code = await runCommand(['import', input, ...options], io);
    return { code, stdout: io.stdout, stderr: io.stderr };
  };
  const importText = async (document: string, options: readonly string[] = [], columns: number | null = null) =>
    await run(write('in.opml', document), options, columns);
  return { folder, run, write, importText, text: (name = 'sources.yaml') => readFileSync(folder.path(name), 'utf8') };
}

describe('newswire import', () => {
  it('declares the feeds of a document in their sections and keeps comments and order of the file', async () => {
    const { importText, text } = aFolder();
    const document = opml(
      [
        heading('world', outline('https://example.org/1', 'text="One: 1"')),
        heading('Technology', outline('feed://example.org/2', 'text="https://example.org/2"')),
        heading(
          'Science',
          heading('Physics &amp; Co', outline('https://example.org/3')),
          outline('https://example.org/4'),
        ),
        outline('https://example.org/5'),
      ].join('\n'),
    );
    const { code, stderr } = await importText(document);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(text()).toBe(`# Mine
sections: [World]   # tabs
sources:
  - url: https://example.com/a.xml   # the first
    section: World
  - url: https://example.org/1
    title: "One: 1"
    section: World
  # Science
  - url: https://example.com/b.xml
    section: Science
  - url: https://example.org/2
    section: Technology
  - url: https://example.org/3
    section: Physics & Co
  - url: https://example.org/4
    section: Science
  - url: https://example.org/5
`);
  });

  it('reports 465 new, 30 repeated and 5 unusable outlines of an export of 500', async () => {
    const { importText, folder } = aFolder();
    const { code, stdout } = await importText(exportOf500());
    expect(code).toBe(0);
    expect(stdout).toContain('\n465 new, 0 known, 30 twice in the document, 5 unusable.\nAdded to sources.yaml.');
    expect(stdout.split('\n').filter((line) => /^(?:new|twice|unusable) /.test(line))).toHaveLength(500);
    expect(stdout).toMatch(/^unusable +\d+ +Script +javascript:alert\(1\) +is not http or https/m);
    expect(stdout).toMatch(/^twice +\d+ +Feed 199 +\S+ +as on line \d+$/m);
    const { sources, sections } = await readDeclarations(folder.dir, {});
    expect(sources).toHaveLength(467);
    expect(sections).toEqual(['World', 'Science', 'News', 'World/Europe', 'Technology']);
  });

  it('adds nothing the second time', async () => {
    const { importText, text } = aFolder();
    await importText(exportOf500());
    const once = text();
    const { code, stdout } = await importText(exportOf500());
    expect(code).toBe(0);
    expect(stdout).toContain('0 new, 465 known, 30 twice in the document, 5 unusable.\nNothing was added.\n');
    expect(stdout).toMatch(/^known +\d+ +Feed 0 +\S+ +declared at sources\.yaml:\d+$/m);
    expect(text()).toBe(once);
  });

  it('writes nothing with --dry-run, and all into one section with --section', async () => {
    const { importText, text } = aFolder();
    const dry = await importText(exportOf500(), ['--dry-run', '--section', 'Feeds']);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain('Nothing was written. Without --dry-run they are added to sources.yaml.\n');
    expect(text()).toBe(before);
    await importText(exportOf500(), ['--section', 'Feeds', '--file', 'imported.yaml']);
    expect(text('imported.yaml').match(/section: Feeds/g)).toHaveLength(465);
    expect(text()).toBe(before);
  });

  it('refuses an invalid section also with --dry-run', async () => {
    const { importText, text } = aFolder();
    const { code, stderr } = await importText(opml(outline('https://example.org/1')), ['--dry-run', '--section', '!']);
    expect(code).toBe(2);
    expect(stderr).toContain('section contains neither a letter nor a digit');
    expect(text()).toBe(before);
  });

  it('prints JSON', async () => {
    const { importText } = aFolder();
    const { stdout } = await importText(
      opml(heading('A', outline('https://example.org/1', 'text="One"'), outline('https://example.com/a.xml'))),
      ['--json', '--dry-run'],
    );
    expect(JSON.parse(stdout)).toEqual({
      dryRun: true,
      file: 'sources.yaml',
      counts: { new: 1, known: 1, repeated: 0, unusable: 0 },
      outlines: [
        { state: 'new', line: 6, title: 'One', url: 'https://example.org/1', section: 'A', reason: null },
        {
          ...{ state: 'known', line: 7, title: null, url: 'https://example.com/a.xml', section: null },
          reason: 'declared at sources.yaml:4',
        },
      ],
    });
  });

  it('reads a document from a URL with the guarded client', async () => {
    const origin = await anOrigin();
    origin.on('/feeds.opml', { body: opml(outline('https://example.org/1')) });
    const { run, text } = aFolder();
    expect((await run(`${origin.url}/feeds.opml`)).code).toBe(0);
    expect(text()).toContain('- url: https://example.org/1\n');
    expect(origin.to('/feeds.opml')[0]?.headers['accept']).toContain('text/x-opml');
    const missing = await run(`${origin.url}/none.opml`);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/^newswire: http:\/\/127\.0\.0\.1:\d+\/none\.opml: HTTP 404/);
    const inside = await run('http://10.1.2.3/feeds.opml');
    expect(inside.stderr).toContain('10.1.2.3 does not resolve to a public address');
  });

  it('refuses scripts, local files, private addresses and passwords, and fits 80 columns', async () => {
    const { importText, text } = aFolder();
    const document = opml(
      [
        outline('javascript:alert(document.cookie)', 'text="A"'),
        outline('file:///etc/passwd', 'text="B"'),
        outline('http://192.168.0.1/feed', 'text="C"'),
        outline('http://[::1]/feed', 'text="D"'),
        outline('https://me:pa55@example.org/', 'text="E"'),
        outline(`https://example.org/${'x'.repeat(3000)}`, 'text="F"'),
        outline('https://example.org/ok', 'text="&#27;]0;owned&#7;\u202eG&#x9b;31m"'),
      ].join('\n'),
    );
    const { code, stdout } = await importText(document, [], 80);
    expect(code).toBe(0);
    expect(stdout).toContain('1 new, 0 known, 0 twice in the document, 6 unusable.');
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]|pa55/);
    expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true);
    expect(text()).toContain('- url: https://example.org/ok\n    title: "]0;owned G 31m"\n');
    expect(text().match(/- url/g)).toHaveLength(3);
  });

  it.each([
    ['no OPML', '<rss><channel/></rss>', 'in.opml:1: the file is not OPML. Export the subscriptions as OPML again'],
    ['half of it', exportOf500().slice(0, 2000), 'the file ends before </opml>'],
    ['nested too deeply', opml('<outline text="a">'.repeat(100)), 'the outlines are nested more than 64 deep'],
    ['no text', '<?xml version="1.0" encoding="none-such"?><opml/>', 'the document is not text in its encoding'],
  ])('reports a document with %s in one line', async (_, document, message) => {
    const { importText, text } = aFolder();
    const { code, stdout, stderr } = await importText(document);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr.trim()).not.toContain('\n');
    expect(text()).toBe(before);
  });

  it('does not read a file of more than 16 MB, a folder or a missing file', async () => {
    const { run, write, folder } = aFolder();
    const large = write('large.opml', ' '.repeat(17 * 1024 * 1024));
    expect(await run(large)).toMatchObject({ code: 1, stderr: expect.stringContaining('the file exceeds 16 MB') });
    expect(await run(folder.dir)).toMatchObject({ code: 1, stderr: expect.stringContaining('is a directory') });
    expect(await run('none.opml')).toMatchObject({ code: 1, stderr: 'newswire: none.opml: no such file\n' });
  });

  it('exits with 1 when no outline is usable', async () => {
    const { importText } = aFolder();
    expect((await importText(opml(''))).code).toBe(1);
    expect((await importText(opml(outline('javascript:x')))).code).toBe(1);
  });

  it('reads and writes nothing while the declarations are invalid', async () => {
    const { importText, text } = aFolder('sauces: []\n');
    const { code, stderr } = await importText(opml(outline('https://example.org/1')));
    expect(code).toBe(2);
    expect(stderr).toContain('sauces');
    expect(text()).toBe('sauces: []\n');
  });

  it('shows two examples at the end of its help', async () => {
    const io = new FakeIo();
    expect(await runCommand(['import', '--help'], io)).toBe(0);
    expect(io.stdout.trimEnd().split('\n').slice(-3)).toEqual([
      'Examples:',
      '  newswire import subscriptions.opml --dry-run',
      '  newswire import https://example.org/feeds.opml',
    ]);
  });
});
