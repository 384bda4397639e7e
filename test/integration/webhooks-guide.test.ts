import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { isPortFree } from '../../src/cli/shared/free-port.ts';
import { deliveryId, signatureHeaders } from '../../src/push/webhooks/webhook-batch.ts';
import { type Entry, rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { startOrigin } from '../support/origin.ts';
import { makeHome, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const guide = readFileSync(fileURLToPath(new URL('../../docs/WEBHOOKS.md', import.meta.url)), 'utf8');
const secret = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The last block of code in a language. */
function codeOf(language: string): string {
  const blocks = [...guide.matchAll(/```(\w+)\n([\s\S]*?)```/g)].filter(([, name]) => name === language);
  return blocks.at(-1)?.[2] ?? '';
}

const entry = (name: string): Entry => ({
  guid: name,
  title: `Report on ${name}`,
  link: `https://www.example.org/${name}`,
  text: 'Text.',
});

describe('the code in docs/WEBHOOKS.md', () => {
  it('is a receiver that accepts deliveries of the server and rejects others', async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    const publish = (...names: string[]) =>
      origin.on('/rss.xml', {
        headers: { 'content-type': 'application/rss+xml' },
        body: rssDocument({ title: 'Wire', link: 'https://www.example.org/' }, names.map(entry)),
      });
    publish('quay');
    // A port that was free a moment ago: the receiver of the guide does not choose one.
    const spare = await startOrigin();
    const { port } = spare;
    await spare.close();
    const home = makeHome(
      `sources:\n  - { url: "${origin.url}/rss.xml", id: wire }\nwebhooks:\n  - { url: "http://127.0.0.1:${port}/", secret: ${secret} }\n`,
    );
    cleanups.push(() => home.remove());
    const file = path.join(home.folder, 'receiver.mjs');
    writeFileSync(file, codeOf('js'));
    const receiver = spawn(process.execPath, [file], {
      env: { PATH: process.env['PATH'] ?? '', PORT: String(port), NEWS_HOOK_SECRET: secret },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cleanups.push(() => receiver.kill('SIGKILL'));
    let output = '';
    receiver.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await until('the receiver', async () => !(await isPortFree({ host: '127.0.0.1', port })) || null);
    const forged = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{"type":"reset"}' });
    expect(forged.status).toBe(401);

    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));
    await until('the first read', async () => (await (await fetch(`${server.url}/api/items`)).text()).includes('quay'));
    publish('ferry', 'quay');
    await makeDue(home, 'wire');
    await until('the item at the receiver', () => output.includes('ferry') || null);
    expect(output).toBe('add Report on ferry\n');
  });

  it('distinguishes an authentic delivery from a forged one in a shell', {
    skip: spawnSync('openssl', ['version']).status !== 0,
  }, () => {
    const body = '{"type":"events","title":"Ökonomie"}';
    const headers = signatureHeaders([secret], { id: deliveryId('x', body), timestampS: 1_700_000_000, body });
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const check = (input: string) =>
      spawnSync('sh', ['-c', codeOf('sh'), 'sh', ...names.map((name) => headers?.[name] ?? '')], {
        input,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', NEWS_HOOK_SECRET: secret },
      }).stdout;
    expect(check(body)).toBe('authentic\n');
    expect(check(`${body} `)).toBe('forged\n');
  });
});
