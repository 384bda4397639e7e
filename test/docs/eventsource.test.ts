import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import vm from 'node:vm';
import { EventSource } from 'undici';
import { expect, it } from 'vitest';
import { useCleanups } from '../support/use-cleanups.ts';

const text = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8');
const [, script = ''] = /```js eventsource\n([\s\S]*?)```/.exec(text) ?? [];

const cleanups = useCleanups();

it('the EventSource of docs/PROTOCOL.md reconnects with its cursor after a proxy answered 502', async () => {
  const asked: string[] = [];
  const arrivals: { resolve(response: ServerResponse): void }[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    arrivals.shift()?.resolve(response);
  });
  const arrival = () => new Promise<ServerResponse>((resolve) => void arrivals.push({ resolve }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  cleanups.push(() => server.closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const sources: EventSource[] = [];
  cleanups.push(() => {
    for (const source of sources) source.close();
  });

  class Local extends EventSource {
    constructor(path: string) {
      super(`http://127.0.0.1:${port}${path}`);
      sources.push(this);
    }
  }
  const applied: unknown[] = [];
  const setTimeoutNow = (run: () => void) => void setImmediate(run);
  const apply = (message: unknown) => void applied.push(message);
  const first = arrival();
  vm.runInNewContext(script, { EventSource: Local, apply, setTimeout: setTimeoutNow, Math, JSON });

  const stream = await first;
  stream.writeHead(200, { 'Content-Type': 'text/event-stream' });
  stream.write('retry: 1\n\nid: k3f9-7\nevent: item\ndata: {"seq":7}\n\n');
  await expect.poll(() => applied).toEqual([{ seq: 7 }]);
  // The proxy ends the stream and answers 502 for a while.
  const second = arrival();
  stream.destroy();
  const third = arrival();
  (await second).writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>');
  const fourth = arrival();
  (await third).writeHead(502, { 'Content-Type': 'text/html' }).end('<h1>Bad gateway</h1>');
  await fourth;
  expect(asked).toEqual([
    '/events?section=World&after=head',
    '/events?section=World&after=head',
    '/events?section=World&after=k3f9-7',
    '/events?section=World&after=k3f9-7',
  ]);
});
