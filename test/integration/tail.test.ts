import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { type Entry, rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { startOrigin } from '../support/origin.ts';
import { makeHome, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const bin = fileURLToPath(new URL('../../bin/newswire.js', import.meta.url));
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const entry = (name: string): Entry => ({
  guid: name,
  title: `Report on ${name}`,
  link: `https://www.example.org/${name}`,
  text: 'Text.',
});

describe('newswire tail beside a server', () => {
  it('prints an item published while it runs, continues over a restart and exits with 0 on SIGINT', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    const publish = (...names: string[]) =>
      origin.on('/rss.xml', {
        headers: { 'content-type': 'application/rss+xml' },
        body: rssDocument({ title: 'Example Wire', link: 'https://www.example.org/' }, names.map(entry)),
      });
    publish('quay');
    const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire, section: World }\n`);
    cleanups.push(() => home.remove());
    const first = await startServer(home);
    cleanups.push(() => first.end('SIGKILL'));
    const port = new URL(first.url).port;
    await until('the first read', async () => (await (await fetch(`${first.url}/api/items`)).text()).includes('quay'));

    const child = spawn(process.execPath, [bin, 'tail', '--section', 'world'], {
      env: { PATH: process.env['PATH'] ?? '', PORT: port },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    cleanups.push(() => child.kill('SIGKILL'));
    const output = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      output.out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output.err += chunk.toString();
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await until('to be live', () => output.err.includes('connected to') || null);

    publish('ferry', 'quay');
    await makeDue(home, 'wire');
    await until('the line', () => output.out.includes('Report on ferry') || null);
    expect(output.out).toMatch(/^ *\d\d:\d\d:\d\d {2}Example Wire {8}World {9}Report on ferry\n$/);

    await first.end('SIGTERM');
    await until('the remark', () => output.err.includes('connection lost; reconnecting') || null);
    publish('bridge', 'ferry', 'quay');
    await makeDue(home, 'wire');
    const second = await startServer(home, { PORT: port });
    cleanups.push(() => second.end('SIGKILL'));
    await until('what was published meanwhile', () => output.out.includes('Report on bridge') || null);
    expect(output.out.trimEnd().split('\n')).toHaveLength(2);

    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });
});
