import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AddOptions, add } from '../../../src/cli/commands/add-command.ts';
import { runCommand } from '../../../src/cli/program.ts';
import { problemsOf, useFolders } from '../../config/temporary-folder.ts';
import { anOrigin, cleanUp } from '../../fetch/fetch-fixtures.ts';
import { processorHere } from '../documents-here.ts';
import { FakeIo } from '../fake-io.ts';
import { clock, feed, page, rssLink } from '../inspect/harness.ts';

cleanUp();
const makeFolder = useFolders();
const before = '# Mine\nsections: [World]   # tabs\nsources:\n  - url: https://example.com/a.xml\n';

/** A folder with one source, and `newswire add` on it. */
function aFolder(text = before) {
  const folder = makeFolder({ 'sources.yaml': text });
  const run = async (url: string, options: Partial<AddOptions> = {}) => {
    const io = new FakeIo({ ALLOW_PRIVATE_NETWORKS: '127.0.0.1', FEEDS_DIR: folder.dir });
    const own = { processor: processorHere(), clock, pause: async () => undefined };
    const code = await add(io, url, { file: 'sources.yaml', ...options }, own);
    return { code, stdout: io.stdout, stderr: io.stderr };
  };
  return { folder, run, text: (name = 'sources.yaml') => readFileSync(folder.path(name), 'utf8') };
}

describe('newswire add', () => {
  it('declares the best feed of a page and reports where', async () => {
    const origin = await anOrigin();
    origin.on('/', page(rssLink('/feed') + rssLink('/comments/feed')));
    origin.on('/feed', feed());
    const { run, text } = aFolder();
    const { code, stdout, stderr } = await run(`${origin.url}/`, { section: 'world' });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(text()).toBe(`${before}  - url: ${origin.url}/feed\n    section: World\n`);
    expect(stdout).toMatch(/\n\nAdded at sources\.yaml:5: "127-0-0-1-\d+-feed" in section World\. A running server/);
  });

  it('declares the target of a permanent redirect', async () => {
    const origin = await anOrigin();
    origin.on('/old', { status: 308, headers: { location: '/new' } });
    origin.on('/new', feed());
    const { run, text } = aFolder();
    await run(`${origin.url}/old`);
    expect(text()).toContain(`- url: ${origin.url}/new\n`);
    await expect(run(`${origin.url}/old`)).rejects.toThrow(
      `${origin.url}/new is already declared at sources.yaml:5 as`,
    );
  });

  it('reports a new section, and writes to the given file', async () => {
    const origin = await anOrigin();
    origin.on('/feed', feed());
    const { run, text } = aFolder();
    const { stdout } = await run(`${origin.url}/feed`, { section: 'Science', file: 'science.yaml' });
    expect(stdout).toContain('in section Science (new).');
    expect(text('science.yaml')).toBe(`sources:\n  - url: ${origin.url}/feed\n    section: Science\n`);
    expect(text()).toBe(before);
  });

  it('requests nothing when the URL is already declared', async () => {
    const origin = await anOrigin();
    const { run } = aFolder(`sources:\n  - url: ${origin.url}/feed\n    id: mine\n`);
    await expect(run(`${origin.url}/feed#top`)).rejects.toThrow(/declared at sources\.yaml:2 as "mine"/);
    expect(origin.connections).toBe(0);
  });

  it('adds nothing when no feed can be read', async () => {
    const origin = await anOrigin();
    const { run, text } = aFolder();
    const { code, stderr } = await run(`${origin.url}/none`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/not_found.*\nnewswire: no feed could be read; nothing was added\n$/);
    expect(text()).toBe(before);
  });

  it('does not add a private address linked by a page', async () => {
    const origin = await anOrigin();
    const inside = await anOrigin({ host: '127.0.0.2' });
    inside.on('/feed', feed());
    origin.on('/', page(rssLink(`${inside.url}/feed`)));
    const { run, text } = aFolder();
    expect((await run(`${origin.url}/`)).stderr).toContain('blocked_address');
    expect(inside.connections).toBe(0);
    expect(text()).toBe(before);
  });

  it('does not write a password into a file', async () => {
    const { run, text } = aFolder();
    await expect(run('https://me:pa55@example.org/feed')).rejects.toThrow(/^the URL contains a user name/);
    expect(text()).toBe(before);
  });

  it('requests nothing while the declarations are invalid', async () => {
    const origin = await anOrigin();
    const { run } = aFolder('sauces: []\n');
    expect(await problemsOf(run(`${origin.url}/feed`))).toEqual([expect.stringContaining('sauces')]);
    expect(await problemsOf(aFolder().run(`${origin.url}/feed`, { file: '../x.yaml' }))).toHaveLength(1);
    expect(origin.connections).toBe(0);
  });

  it('declares a local feed as it was written', async () => {
    const { run, text, folder } = aFolder();
    folder.write('a.xml', (feed() as { body: string }).body);
    await run('file:a.xml');
    expect(text()).toBe(`${before}  - url: file:a.xml\n`);
  });

  it('prints one JSON document', async () => {
    const origin = await anOrigin();
    origin.on('/feed', feed());
    const { run } = aFolder();
    const { stdout } = await run(`${origin.url}/feed`, { json: true });
    expect(JSON.parse(stdout)).toMatchObject({
      added: { url: `${origin.url}/feed`, section: 'World', declaredAt: 'sources.yaml:5' },
      feed: { format: 'rss2' },
    });
    const { stdout: nothing, stderr } = await run(`${origin.url}/none`, { json: true });
    expect(JSON.parse(nothing)).toMatchObject({ added: null, feed: null });
    expect(stderr).toBe('');
  });

  // A real process: on a busy machine one takes seconds to start.
  it('is a command', { timeout: 60_000 }, async () => {
    const origin = await anOrigin();
    origin.on('/feed', feed());
    const { folder, text } = aFolder();
    const io = new FakeIo({ ALLOW_PRIVATE_NETWORKS: '127.0.0.1', FEEDS_DIR: folder.dir });
    expect(await runCommand(['add', `${origin.url}/feed`, '--section', 'World'], io)).toBe(0);
    expect(text()).toContain(`${origin.url}/feed`);
    expect(await runCommand(['add'], new FakeIo())).toBe(2);
  });
});
