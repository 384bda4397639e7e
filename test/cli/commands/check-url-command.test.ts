import { describe, expect, it } from 'vitest';
import { checkUrl } from '../../../src/cli/commands/check-url-command.ts';
import { runCommand } from '../../../src/cli/program.ts';
import { problemsOf } from '../../config/temporary-folder.ts';
import { anOrigin, cleanUp } from '../../fetch/fetch-fixtures.ts';
import { processorHere } from '../documents-here.ts';
import { FakeIo } from '../fake-io.ts';
import { clock, feed, page, rssLink } from '../inspect/harness.ts';

cleanUp();

async function run(url: string, options: { json?: boolean } = {}, env: Record<string, string> = {}) {
  const io = new FakeIo({ ALLOW_PRIVATE_NETWORKS: '127.0.0.1', ...env });
  const processor = processorHere();
  const code = await checkUrl(io, url, options, { processor, clock, pause: async () => undefined });
  return { code, stdout: io.stdout, stderr: io.stderr, closed: processor.closed() };
}

describe('newswire check URL', () => {
  it('shows a page, its feeds and the best one', async () => {
    const origin = await anOrigin();
    origin.on('/', page(rssLink('/feed', 'Stories')));
    origin.on('/feed', feed());
    const { code, stdout, stderr, closed } = await run(`${origin.url}/`);
    expect({ code, stderr, closed }).toEqual({ code: 0, stderr: '', closed: true });
    expect(stdout).toMatch(/^A site .* links to one feed:\n/);
    expect(stdout).toContain('Story 2');
  });

  it('sends the configured User-Agent', async () => {
    const origin = await anOrigin();
    await run(`${origin.url}/`, {}, { CONTACT_URL: 'https://reader.example/about' });
    expect(origin.requests[0]?.headers['user-agent']).toMatch(/^Newswire\/\S+ \(\+https:\/\/reader\.example\/about\)$/);
  });

  it('exits with 1 and reports why when there is no feed', async () => {
    const origin = await anOrigin();
    const missing = await run(`${origin.url}/none`);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toMatch(/^http:.*\/none: not_found: HTTP 404/);
    origin.on('/', page('Nothing.'));
    const { code, stdout, stderr } = await run(`${origin.url}/`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/is a page that links to no feed\.\n$/);
  });

  it('reports a private address without requesting it', async () => {
    const inside = await anOrigin({ host: '127.0.0.2' });
    const { code, stderr } = await run(`${inside.url}/feed`);
    expect(code).toBe(1);
    expect(stderr).toContain('blocked_address');
    expect(inside.connections).toBe(0);
  });

  it('does not read feeds of this server', async () => {
    const origin = await anOrigin();
    origin.on('/feed.rss', feed());
    const { code, stderr } = await run(`${origin.url}/feed.rss`, {}, { PUBLIC_URL: origin.url });
    expect(code).toBe(1);
    expect(stderr).toContain("Newswire's own address");
    expect(origin.connections).toBe(0);
  });

  it('sends user name and password of the URL, and never shows them', async () => {
    const origin = await anOrigin();
    origin.on('/feed', feed());
    const { stdout, stderr } = await run(`${origin.url.replace('//', '//me:pa55@')}/feed`);
    expect(origin.requests[0]?.headers['authorization']).toBe(`Basic ${btoa('me:pa55')}`);
    expect(stdout + stderr).not.toMatch(/pa55|bWU6/);
  });

  it('prints one JSON document, with a feed or without', async () => {
    const origin = await anOrigin();
    origin.on('/feed', feed());
    const fine = await run(`${origin.url}/feed`, { json: true });
    expect(JSON.parse(fine.stdout)).toMatchObject({ page: null, feed: { format: 'rss2' }, failures: [] });
    const none = await run(`${origin.url}/none`, { json: true });
    expect(none).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(none.stdout)).toMatchObject({ feed: null, failures: [{ failure: 'not_found' }] });
  });

  it('refuses an invalid URL and an invalid environment', async () => {
    expect(await problemsOf(run('news'))).toEqual([expect.stringMatching(/^URL: /)]);
    expect(await problemsOf(run('https://example.org/', {}, { PORT: 'many' }))).toEqual([
      expect.stringMatching(/^PORT: /),
    ]);
  });

  // A real process: on a busy machine one takes seconds to start.
  it('is a command', { timeout: 60_000 }, async () => {
    const origin = await anOrigin();
    origin.on('/feed', feed());
    const io = new FakeIo({ ALLOW_PRIVATE_NETWORKS: '127.0.0.1' });
    expect(await runCommand(['check', `${origin.url}/feed`, '--json'], io)).toBe(0);
    expect(JSON.parse(io.stdout)).toMatchObject({ feed: { title: 'A feed' } });
  });
});
