import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ClientMessage, ServerMessage } from '../../src/domain/events/wire.ts';
import { type Entry, rssDocument } from '../support/documents.ts';
import { createProtocolCheck, type ProtocolCheck, streamMessagesOf } from '../support/live/protocol-check.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const link = 'https://www.example.org/';
const quay: Entry = { guid: 'a-1', title: 'Harbour opens a quay', link: `${link}quay`, text: 'Long & <b>bold</b>.' };
const ferry: Entry = { guid: 'a-2', title: 'Ferry timetable changes', link: `${link}ferry?a=1|2`, author: 'A. Writer' };
const locks: Entry = { guid: 'a-3', title: 'Lock keepers meet', link: `${link}locks`, date: new Date() };

interface Setup {
  readonly origin: Origin;
  readonly home: Home;
  readonly server: ServerProcess;
  readonly check: ProtocolCheck;
  publish(entries: readonly Entry[]): Promise<void>;
}

async function open(): Promise<Setup> {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  const put = (entries: readonly Entry[]): void => {
    const body = rssDocument({ title: 'Example Wire', link }, entries);
    origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body });
  };
  put([quay]);
  const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: wire, section: World }\n`);
  cleanups.push(() => home.remove());
  const server = await startServer(home);
  cleanups.push(() => server.end('SIGKILL'));
  await until('the first item', async () => (await (await fetch(`${server.url}/feed.rss`)).text()).includes('<item>'));
  const document: unknown = await (await fetch(`${server.url}/api/asyncapi.json`)).json();
  const publish = async (entries: readonly Entry[]): Promise<void> => {
    put(entries);
    await makeDue(home, 'wire');
  };
  return { origin, home, server, check: createProtocolCheck(document), publish };
}

/** A plain socket. Every message in both directions is checked. */
function connect({ server, check }: Setup) {
  const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}/live`);
  const received: ServerMessage[] = [];
  socket.on('message', (data) => {
    check.record('server', String(data));
    received.push(JSON.parse(String(data)) as ServerMessage);
  });
  cleanups.push(() => socket.terminate());
  return {
    received: (type: ServerMessage['type'], more: (message: ServerMessage) => boolean = () => true) =>
      until(`a ${type}`, () => (received.some((message) => message.type === type && more(message)) ? true : null)),
    send(message: ClientMessage) {
      check.record('client', JSON.stringify(message));
      socket.send(JSON.stringify(message));
    },
  };
}

describe('a running server', () => {
  it('sends messages as described by /api/asyncapi.json', async () => {
    const setup = await open();
    const { server, check, publish } = setup;
    const stop = new AbortController();
    const stream = await fetch(`${server.url}/events?after=floor&backfill=true`, { signal: stop.signal });
    const reader = connect(setup);
    await reader.received('welcome');
    reader.send({ type: 'subscribe', id: 'all', after: 'floor', filter: { backfill: true } });
    await reader.received('live');
    reader.send({ type: 'subscribe', id: 'quay', filter: { q: 'quay', backfill: true } });
    await until('both subscriptions', () =>
      reader.received('subscribed', (m) => m.type === 'subscribed' && m.id === 'quay'),
    );
    await publish([ferry, locks, quay]);
    await reader.received('items');
    await publish([ferry, locks, { ...quay, title: 'Harbour opens a pier' }]);
    // The title lost a word: the item still matches one filter and no longer matches the other.
    await reader.received('item', (m) => m.type === 'item' && m.op === 'update');
    await reader.received('item', (m) => m.type === 'item' && m.op === 'remove');
    reader.send({ type: 'ping' });
    await reader.received('ping');
    reader.send({ type: 'unsubscribe', id: 'quay' });
    reader.send({ type: 'subscribe', id: 'lost', after: 'other-7' });
    await reader.received('reset');
    reader.send({ type: 'unsubscribe', id: 'never' });
    await reader.received('error');
    await server.end('SIGTERM');
    await reader.received('bye');

    const streamed = streamMessagesOf(await stream.text());
    for (const { data } of streamed) check.record('server', data);
    expect(streamed.map(({ event }) => event)).toEqual(['item', 'live', 'item', 'item', 'item', 'bye']);
    expect(check.faults).toEqual([]);
    expect(check.seen()).toEqual(
      expect.arrayContaining(['server.item', 'server.items', 'server.reset', 'server.error', 'server.bye']),
    );
  });
});
