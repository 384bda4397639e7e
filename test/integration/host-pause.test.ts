import { afterEach, describe, expect, it } from 'vitest';
import { rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { makeHome, runCommand, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function origin(): Promise<Origin> {
  const started = await startOrigin();
  cleanups.push(() => started.close());
  return started;
}

interface Listed {
  readonly sources: readonly {
    readonly id: string;
    readonly outcome: string | null;
    readonly nextCheckReason: { readonly code: string };
  }[];
}

describe('a host that has answered 429', () => {
  it('is not requested for its other sources, even after kill -9, and the CLI shows the reason', async () => {
    const strict = await origin();
    const other = await origin();
    const body = rssDocument({ title: 'News', link: 'https://www.example.org/' }, []);
    strict.on('/throttled.xml', { status: 429, headers: { 'retry-after': '3600' } });
    strict.on('/sibling.xml', { body });
    other.on('/feed.xml', { body });
    const throttled = `  - { url: "${strict.url}/throttled.xml", id: throttled }\n`;
    const home = makeHome(`sources:\n${throttled}`);
    cleanups.push(() => home.remove());
    const listed = async () => (JSON.parse((await runCommand(home, ['sources', '--json'])).stdout) as Listed).sources;

    const victim = await startServer(home);
    await until('the 429 to be stored', async () => (await listed())[0]?.outcome === 'throttled' || null);
    await victim.end('SIGKILL');

    const sibling = `  - { url: "${strict.url}/sibling.xml", id: sibling }\n`;
    home.write('sources.yaml', `sources:\n${throttled}${sibling}  - { url: "${other.url}/feed.xml", id: other }\n`);
    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));
    // Hosts take turns: before the second poll of the other host the sibling would have been polled.
    await until('the other host to be read', () => other.to('/feed.xml').length === 1 || null);
    await makeDue(home, 'other');
    await until('the other host to be read again', () => other.to('/feed.xml').length === 2 || null);

    expect(strict.requests.map(({ path }) => path)).toEqual(['/throttled.xml']);
    expect((await listed()).find(({ id }) => id === 'sibling')).toMatchObject({
      outcome: null,
      nextCheckReason: { code: 'host_paused' },
    });
  });
});
