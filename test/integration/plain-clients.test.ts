import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type Entry, rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { startOrigin } from '../support/origin.ts';
import { openRaw } from '../support/raw-connection.ts';
import { makeHome, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const example = fileURLToPath(new URL('../../examples/ten-lines.mjs', import.meta.url));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The output of a process or a connection so far. */
interface Output {
  text: string;
}

function listen(child: ChildProcess): Output {
  cleanups.push(() => child.kill('SIGKILL'));
  const output = { text: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    output.text += chunk.toString();
  });
  return output;
}

/** `curl -N` if it is installed, else a plain request whose response is collected as it arrives. */
function curl(url: string): Output {
  if (spawnSync('curl', ['--version']).status === 0) {
    return listen(spawn('curl', ['-sN', url], { stdio: ['ignore', 'pipe', 'inherit'] }));
  }
  const output = { text: '' };
  const request = get(url, (response) => {
    response.on('data', (chunk: Buffer) => {
      output.text += chunk.toString();
    });
    response.on('error', () => request.destroy());
  });
  cleanups.push(() => request.destroy());
  return output;
}

describe('clients without Newswire code', () => {
  it('receive an item published after they connected: examples/ten-lines.mjs and curl', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    const publish = (...names: string[]) => {
      const entries = names.map(
        (name): Entry => ({
          guid: name,
          title: `Report on ${name}`,
          link: `https://www.example.org/${name}`,
          text: '',
        }),
      );
      const body = rssDocument({ title: 'Example Wire', link: 'https://www.example.org/' }, entries);
      origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body });
    };
    publish('quay');
    const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire, section: World }\n`);
    cleanups.push(() => home.remove());
    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));
    await until('the first read', async () => (await (await fetch(`${server.url}/api/items`)).text()).includes('quay'));

    // After the floor and with backfill: the stored item shows that a client is connected.
    const live = `${server.url.replace('http', 'ws')}/live?after=floor&backfill=true`;
    const ten = listen(spawn(process.execPath, [example, live], { stdio: ['ignore', 'pipe', 'inherit'] }));
    const stream = curl(`${server.url}/events?after=floor&backfill=true`);
    await until(
      'both to be connected',
      () => (ten.text.includes('quay') && stream.text.includes('event: live')) || null,
    );

    publish('ferry', 'quay');
    await makeDue(home, 'wire');
    await until('the item at both', () => (ten.text.includes('ferry') && stream.text.includes('ferry')) || null);
    expect(ten.text).toBe('add Report on quay\nadd Report on ferry\n');
    expect(stream.text).toMatch(
      /\nid: [a-z0-9]+-2\nevent: item\ndata: \{"type":"item",.*"title":"Report on ferry".*\}\n\n/,
    );
  });

  it('include examples/ten-lines.mjs, which has ten lines and imports only ws', () => {
    const lines = readFileSync(example, 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines.filter((line) => /import/.test(line))).toEqual(["import WebSocket from 'ws';"]);
  });

  it('get status 200 for HTTP/1.0 requests without a Host header', async () => {
    const home = makeHome('sources: []\n');
    cleanups.push(() => home.remove());
    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));
    for (const path of ['/healthz', '/feed.rss']) {
      const connection = await openRaw(Number(new URL(server.url).port), `GET ${path} HTTP/1.0\r\n\r\n`);
      await connection.ended;
      expect(connection.received()).toMatch(/^HTTP\/1\.1 200 /);
    }
  });
});
