import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Entry, rssDocument } from '../support/documents.ts';
import { connectLive } from '../support/live/live-client.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { plainTable } from '../support/plain-table.ts';
import { closeCodeIn, frame, handshake, openRaw, type RawConnection } from '../support/raw-connection.ts';
import { type Home, makeHome, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

/** The limits on the cost of an attack, on a machine that is busy with other tests too. */
const mostLagMs = 1500;
const mostGrowthMb = 250;

const link = 'https://www.example.org/';
const words = 'the of and to a in is it on as lock keepers met council again budget ferry harbour quay bridge'.split(
  ' ',
);
const textFlag = 0x81;

let origin: Origin;
let home: Home;
let server: ServerProcess;
let port: number;
let entries: readonly Entry[] = [];
const tolls: string[][] = [];
/** The longest delay of the current attack. */
let worstLagMs = 0;

/** An item of 16 KB that contains every searched word. */
function longEntry(index: number): Entry {
  const text = Array.from({ length: 3000 }, (_, at) => words[(index * 7 + at * 13) % words.length]).join(' ');
  return { guid: `e-${index}`, title: `Bulletin ${index}`, link: `${link}${index}`, text };
}

async function publish(count: number): Promise<void> {
  entries = [...entries, ...Array.from({ length: count }, (_, index) => longEntry(entries.length + index))];
  const body = rssDocument({ title: 'Bulletins', link }, entries.slice(-40).toReversed());
  origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body });
  if (entries.length > count) await makeDue(home, 'wire');
}

interface Figures {
  readonly rssMb: number;
  readonly sessions: number;
}

/** The figures of the server. It resets its longest delay when it is read, so the maximum is kept here. */
async function figures(): Promise<Figures> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  const sessions = ['ws', 'sse'].map((name) =>
    value(`newswire_live_sessions{transport="${name}"}`.replace(/[{}]/g, '\\$&')),
  );
  worstLagMs = Math.max(worstLagMs, value('nodejs_eventloop_lag_max_seconds') * 1000);
  return {
    rssMb: value('process_resident_memory_bytes') / 1e6,
    sessions: (sessions[0] ?? 0) + (sessions[1] ?? 0),
  };
}

/** Runs an attack, records its cost, and expects the server to be as responsive as before. */
async function survive(name: string, attack: () => Promise<string>): Promise<void> {
  const before = await figures();
  worstLagMs = 0;
  const came = await attack();
  const after = await figures();
  const grownMb = after.rssMb - before.rssMb;
  tolls.push([name, came, `${worstLagMs.toFixed(0)} ms`, `${grownMb.toFixed(0)} MB`]);
  expect(worstLagMs).toBeLessThan(mostLagMs);
  expect(grownMb).toBeLessThan(mostGrowthMb);
  expect(await (await fetch(`${server.url}/healthz`)).text()).toBe('ok\n');
}

/** Opens this many connections that have completed the handshake. */
async function crowd(count: number, path = '/live'): Promise<RawConnection[]> {
  const open = await Promise.all(Array.from({ length: count }, () => openRaw(port, handshake(path))));
  await until('all to be welcomed', () => (open.every(({ received }) => received().includes('welcome')) ? true : null));
  return open;
}

async function allEnded(open: readonly RawConnection[]): Promise<(number | null)[]> {
  await Promise.all(open.map(({ ended }) => ended));
  return [...new Set(open.map(({ received }) => closeCodeIn(received())))];
}

function endAll(open: readonly RawConnection[]): void {
  for (const { socket } of open) socket.destroy();
}

beforeAll(async () => {
  origin = await startOrigin();
  home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire }\n`);
  await publish(2);
  server = await startServer(home);
  port = Number(new URL(server.url).port);
  await until('the first items', async () => (await (await fetch(`${server.url}/feed.rss`)).text()).includes('<item>'));
});

afterAll(async () => {
  process.stdout.write(
    plainTable('what hostile readers came to', ['attack', 'came of it', 'longest delay', 'memory'], tolls),
  );
  await server.end('SIGKILL');
  await origin.close();
  home.remove();
});

describe('the server survives', () => {
  it.each<[string, Buffer[], number]>([
    ['a frame that says it has 2^62 bytes', [frame(textFlag, 'x'.repeat(1000), 2n ** 62n)], 1009],
    ['a complete frame of 16 MB', [frame(textFlag, Buffer.alloc(16 * 1024 * 1024, 0x20))], 1009],
    ['text that is not UTF-8', [frame(textFlag, Buffer.from([0xc3, 0x28, 0xf0, 0x9f]))], 1007],
    [
      'thousands of fragments of one message',
      Array.from({ length: 4000 }, (_, at) => frame(at === 0 ? 0x01 : 0, ' ')),
      1008,
    ],
    ['empty fragments without an end', Array.from({ length: 4000 }, (_, at) => frame(at === 0 ? 0x01 : 0, '')), 1008],
    ['compressed frames without negotiation', [frame(0xc1, 'x')], 1002],
    ['frames with an unknown opcode', [frame(0x83, 'x')], 1002],
    ['a control frame that is too long', [frame(0x89, 'x'.repeat(126))], 1002],
    ['a flood of pings', Array.from({ length: 500 }, () => frame(0x89, 'x')), 4005],
    [
      '10,000 subscribes',
      Array.from({ length: 10_000 }, (_, at) => frame(textFlag, subscribe(`s${at}`, [`x${at}`]))),
      4005,
    ],
    ['JSON of 8,000 nested arrays', [frame(textFlag, `{"type":${'['.repeat(8000)}${']'.repeat(8000)}}`)], 4500],
  ])('%s, from a hundred connections', async (name, frames, code) => {
    await survive(name, async () => {
      const open = await crowd(100);
      const bytes = Buffer.concat(frames);
      // Not larger than what the system buffers for so many connections.
      for (const { socket } of bytes.length > 1e6 ? open.slice(0, 5) : open) socket.write(bytes);
      const tried = bytes.length > 1e6 ? open.slice(0, 5) : open;
      const codes = await allEnded(tried);
      endAll(open);
      // A client that still writes may find its connection reset before it has read the reason.
      expect(codes.filter((one) => one !== null && one !== code)).toEqual([]);
      return `closed with ${code}`;
    });
  });

  it('handshakes that never end, from a thousand connections', async () => {
    await survive('1,000 handshakes, a byte a second', async () => {
      const open = await Promise.all(
        Array.from({ length: 1000 }, () => openRaw(port, 'GET /live HTTP/1.1\r\nX-Slow: ')),
      );
      const drip = setInterval(() => {
        for (const { socket } of open) if (socket.writable) socket.write('x');
      }, 1000);
      try {
        expect((await fetch(`${server.url}/api/sections`)).status).toBe(200);
        await until('all to be hung up on', () => (open.every(({ isEnded }) => isEnded()) ? true : null), 60_000);
      } finally {
        clearInterval(drip);
        endAll(open);
      }
      return 'hung up on within 15 s';
    });
  });

  it('floods of headers on one connection', async () => {
    await survive('headers of 1 MB, and 5,000 of them', async () => {
      const long = `GET /events HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(1_000_000)}\r\n\r\n`;
      const many = `GET /events HTTP/1.1\r\nHost: x\r\n${Array.from({ length: 5000 }, (_, at) => `X-${at}: y`).join('\r\n')}\r\n\r\n`;
      const open = await Promise.all(Array.from({ length: 40 }, (_, at) => openRaw(port, at % 2 === 0 ? long : many)));
      await Promise.all(open.map(({ ended }) => ended));
      const statuses = open.flatMap(({ received }) => /^HTTP\/1\.1 (\d+)/.exec(received())?.[1] ?? []);
      expect(new Set(statuses)).toEqual(new Set(['431']));
      return 'answered 431';
    });
  });

  it('connections whose client has vanished, and those that do not read', async () => {
    await survive('300 that read nothing of a replay', async () => {
      const open = await Promise.all(Array.from({ length: 300 }, () => openRaw(port)));
      for (const { socket } of open) {
        socket.pause();
        socket.write(handshake('/live?after=floor&backfill=true'));
      }
      await until('all to be let in', async () => ((await figures()).sessions >= 300 ? true : null));
      await publish(30);
      await until('the items', async () => (await head()) >= 32);
      endAll(open);
      await until('all to be gone', async () => ((await figures()).sessions === 0 ? true : null));
      return 'served as far as they read';
    });
  });

  it('1,600 subscriptions with slow filters', async () => {
    await survive('1,600 x 4 filters, each of its own', async () => {
      const open = await crowd(80);
      for (const [at, { socket }] of open.entries()) {
        for (let number = 0; number < 20; number += 1) {
          const id = at * 20 + number;
          socket.write(frame(textFlag, JSON.stringify({ type: 'subscribe', id: `s${id}`, filters: slowFilters(id) })));
        }
      }
      const subscribed = ({ received }: RawConnection): number => received().split('"type":"subscribed"').length - 1;
      await until('all to be subscribed', () => (open.every((one) => subscribed(one) === 20) ? true : null));
      const before = await head();
      await publish(40);
      await until('the items', async () => (await head()) >= before + 40);
      // A client with an ordinary filter is served beside them.
      const honest = await connectLive(server.url, `?after=floor&backfill=true`);
      await honest.first('live');
      expect(honest.applied.length).toBe(before + 40);
      honest.close();
      endAll(open);
      await until('all to be gone', async () => ((await figures()).sessions === 0 ? true : null));
      return 'served beside others';
    });
  });

  it('and still sends new events', async () => {
    const live = await connectLive(server.url, '?after=head');
    await live.first('live');
    await publish(1);
    await until('the item', () => live.applied[0]);
    live.close();
    expect(server.output()).not.toContain('"level":50');
  });

  it('pipelined requests whose responses are not read', async () => {
    await survive('56 KB of requests for all items', async () => {
      const request = 'GET /api/items?limit=500 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
      const one = await openRaw(port);
      one.socket.pause();
      await new Promise((sent) => one.socket.write(request.repeat(Math.floor((56 * 1024) / request.length)), sent));
      expect((await fetch(`${server.url}/api/sections`)).status).toBe(200);
      await figures();
      one.socket.destroy();
      return 'answered as far as the system takes';
    });
  });
});

function subscribe(id: string, sources: readonly string[]): string {
  return JSON.stringify({ type: 'subscribe', id, filter: { sources } });
}

/** Four matching filters with many values and a search whose words and phrases all occur, except one. */
function slowFilters(id: number): object[] {
  const phrases = words.slice(0, 10).map((word, at) => `"${word} ${words[(at + 13) % words.length]}"`);
  return Array.from({ length: 4 }, (_, number) => ({
    sources: ['wire', ...Array.from({ length: 120 }, (_, at) => `s${id}-${at}`)],
    backfill: true,
    q: `${words.slice(0, 12).join(' ')} ${phrases.slice(0, 4 + number).join(' ')} -none${id}`.slice(0, 200),
  }));
}

async function head(): Promise<number> {
  const response = await fetch(`${server.url}/api/events?after=head&limit=1`);
  return ((await response.json()) as { readonly head: number }).head;
}
