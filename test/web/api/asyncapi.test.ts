import { afterEach, describe, expect, it } from 'vitest';
import { facetsOf, toWireBody } from '../../../src/domain/events/wire-item.ts';
import { clientMessages, serverMessages } from '../../../src/web/api/live-messages.ts';
import { parseClientMessage } from '../../../src/web/live/protocol/client-messages.ts';
import { anItem } from '../../support/builders.ts';
import { startLive, type TestClient, type TestLiveServer } from '../../support/live/live-server.ts';
import {
  createProtocolCheck,
  describedMessages,
  type ProtocolCheck,
  streamMessagesOf,
} from '../../support/live/protocol-check.ts';
import { MemoryLog } from '../../support/push/memory-log.ts';
import { makeApp } from '../../support/web/test-app.ts';

let server: TestLiveServer | null = null;

afterEach(async () => {
  await server?.close();
  server = null;
});

async function served(): Promise<object> {
  return (await (await makeApp().get('/api/asyncapi.json')).json()) as object;
}

/** Records all messages between a client and the server. */
function record(reader: TestClient, check: ProtocolCheck): TestClient {
  reader.socket.on('message', (data) => check.record('server', String(data)));
  const send = reader.socket.send.bind(reader.socket);
  reader.socket.send = (data: string) => {
    check.record('client', data);
    send(data);
  };
  return reader;
}

function fill(log: MemoryLog, ids: readonly number[], section = 'World'): void {
  for (const id of ids) {
    const item = anItem(id, {
      section,
      sections: [section],
      author: 'The desk',
      alsoIn: [{ id: 'other', title: 'Other' }],
      imageUrl: 'https://example.org/a|b.jpg',
      enclosures: [{ url: 'https://example.org/a.mp3', type: 'audio/mpeg', length: null }],
      updatedMs: 1_700_000_000_000,
      contentHtml: id % 2 === 0 ? '' : `<p>${'x'.repeat(id === 3 ? 40_000 : 20)}</p>`,
    });
    log.append({ op: 'add', itemId: id, facets: facetsOf(item), body: JSON.stringify(toWireBody(item)) });
  }
}

/** Makes a server and its clients send every message of the protocol. */
async function sayEverything(check: ProtocolCheck): Promise<void> {
  const log = new MemoryLog();
  fill(log, [1, 2, 3, 4, 5, 6]);
  log.trim(3);
  const world = { sections: ['World'] };
  const readCounts = async () => [{ id: 4, reads: 2, comments: 1, commentsRevision: 1 }];
  server = await startLive({ log, parts: { readCounts }, limits: { maxEvents: 3 } });
  const { connect, advance, live } = server;
  const reader = record(connect(), check);
  await reader.next('welcome');
  for (const [after, reason] of [
    ['e1-0', 'cursor_too_old'],
    ['e1-2', 'replay_too_large'],
    ['e1-999', 'cursor_in_future'],
    ['other-1', 'epoch_changed'],
  ] as const) {
    reader.send({ type: 'subscribe', id: 'r', after });
    expect((await reader.next('reset')).reason).toBe(reason);
  }
  reader.send({ type: 'subscribe', id: 's1', after: 'e1-3', filters: [{ ...world, backfill: true }, { q: 'none' }] });
  await reader.next('items');
  await reader.next('live');
  const moved = { itemId: 7, facets: { sections: ['Sport'] }, was: world };
  const steps = [
    () => fill(log, [7]),
    () => log.append({ op: 'update', itemId: 7, changed: ['title'], facets: world, was: world, body: bodyOf(7) }),
    () => log.append({ ...moved, op: 'update', changed: ['section'] }),
    () => log.append({ op: 'remove', itemId: 6, facets: world, was: world }),
  ];
  for (const step of steps) {
    step();
    server.notify();
    await reader.next('item');
  }
  fill(log, [8], 'Sport');
  server.notify();
  reader.send({ type: 'watch', items: [4] });
  await reader.next('counts');
  advance(12_750);
  await reader.next('pos');
  reader.send({ type: 'pong' });
  reader.send({ type: 'ping' });
  await reader.next('ping');
  reader.send({ type: 'unsubscribe', id: 's1' });
  // The invalid message of the client is not in the document and is not recorded; the error is.
  const plain = connect();
  plain.socket.on('message', (data) => check.record('server', String(data)));
  await plain.next('welcome');
  plain.send({ type: 'subscribe', id: 'bad', filter: { tag: 'eu' } });
  await plain.next('error');
  plain.send({ type: 'what' });
  await plain.next('error');
  void live.close(2000);
  await reader.next('bye');
}

function bodyOf(id: number): string {
  return JSON.stringify(toWireBody(anItem(id)));
}

describe('/api/asyncapi.json', () => {
  it('names the server and its URLs', async () => {
    const response = await makeApp([], { publicUrl: 'https://news.example.com/wire' }).get('/api/asyncapi.json');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toMatchObject({
      asyncapi: '3.0.0',
      info: { version: '1.2.3' },
      servers: {
        live: { host: 'news.example.com', protocol: 'wss', pathname: '/wire' },
        events: { host: 'news.example.com', protocol: 'https', pathname: '/wire' },
      },
      channels: { live: { address: '/live' }, events: { address: '/events' } },
    });
  });

  it('contains every definition that it refers to', async () => {
    const document = await served();
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(refs.length).toBeGreaterThan(50);
    for (const path of refs) {
      const found = path.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
      expect(found, path).toBeDefined();
    }
  });

  it('has examples that match its schemas', async () => {
    const check = createProtocolCheck(await served());
    for (const { examples } of Object.values(clientMessages)) {
      for (const example of examples) expect(check.faultOf('client', example)).toBeNull();
    }
    for (const { examples } of Object.values(serverMessages)) {
      for (const example of examples) expect(check.faultOf('server', example)).toBeNull();
    }
  });

  it('describes every recorded message, and every described message was recorded', async () => {
    const document = await served();
    const check = createProtocolCheck(document);
    await sayEverything(check);
    expect(check.faults).toEqual([]);
    expect(check.seen()).toEqual(describedMessages(document));
  });

  it('describes the messages of an event stream', async () => {
    const log = new MemoryLog();
    fill(log, [1, 2, 3, 4]);
    log.trim(2);
    const check = createProtocolCheck(await served());
    server = await startLive({ log });
    const stop = new AbortController();
    const response = await fetch(server.url('/events?after=e1-0'), { signal: stop.signal });
    const reader = response.body?.getReader();
    let received = '';
    const readTo = async (mark: string) => {
      while (!received.includes(mark)) received += Buffer.from((await reader?.read())?.value ?? []).toString();
    };
    await readTo('event: live');
    fill(log, [5]);
    server.notify();
    await readTo('event: item');
    server.advance(600_000);
    await readTo('event: bye');
    stop.abort();
    const messages = streamMessagesOf(received);
    for (const { event, data } of messages) {
      expect(JSON.parse(data)).toMatchObject({ type: event });
      check.record('server', data);
    }
    expect(check.faults).toEqual([]);
    expect(new Set(messages.map(({ event }) => event))).toEqual(new Set(['reset', 'live', 'item', 'bye']));
  });

  it.each([
    ['server', 'a field that is not described', { type: 'live', ch: 'a', seq: 1, prev: 0, more: 1 }],
    ['server', 'a field that is missing', { type: 'live', ch: 'a', seq: 1 }],
    ['server', 'an item without its fields', { type: 'item', ch: 'a', seq: 1, prev: 0, op: 'add', item: { id: 1 } }],
    ['server', 'an update without changed fields', updateWithoutChanged()],
    ['server', 'a code that is none', { type: 'bye', code: 4003, reason: 'shutdown', retryAfterMs: 1 }],
    ['server', 'a type that is none', { type: 'news' }],
    ['client', 'a filter field that is none', { type: 'subscribe', id: 'a', filter: { tag: 'eu' } }],
    ['client', 'an id that is none', { type: 'subscribe', id: '' }],
  ] as const)('rejects a message from the %s with %s', async (from, _, message) => {
    const check = createProtocolCheck(await served());
    check.record(from, JSON.stringify(message));
    expect(check.faults).toHaveLength(1);
  });

  it.each([
    'live',
    'item',
    'counts',
    'welcome',
    'reset',
    'bye',
  ] as const)('allows fields of later versions in the message %s and in its objects', async (type) => {
    const check = createProtocolCheck(await served(), { open: true });
    for (const example of serverMessages[type].examples) {
      const later = withMore(example);
      expect(check.faultOf('server', later)).toBeNull();
    }
  });

  it('accepts the same client messages as the server', async () => {
    const check = createProtocolCheck(await served());
    for (const message of clientSamples()) {
      const read = parseClientMessage(JSON.stringify(message));
      const isTaken = read !== null && read.type !== 'error';
      expect(check.faultOf('client', message) === null, JSON.stringify(message)).toBe(isTaken);
    }
  });
});

/** The same message with an additional field in every object. */
function withMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMore);
  if (typeof value !== 'object' || value === null) return value;
  return { ...Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withMore(one)])), later: 1 };
}

function updateWithoutChanged(): object {
  const [, update] = serverMessages.item.examples;
  const { changed: _, ...rest } = update as { changed?: unknown };
  return rest;
}

/** Valid and invalid messages of clients, as far as a schema can express it. */
function clientSamples(): object[] {
  const subscribe = { type: 'subscribe', id: 'a' };
  const ids = Array.from({ length: 201 }, (_, index) => index + 1);
  return [
    ...['head', 'floor', 'k3f9-0', 'k3f9-12', 'k3f9', 'K-1', 'k3f9-01', '', 7, null].map((after) => ({
      ...subscribe,
      after,
    })),
    ...['', 'a', 'x'.repeat(64), 'x'.repeat(65), 7].map((id) => ({ type: 'unsubscribe', id })),
    ...['sections', 'sources', 'categories', 'languages'].flatMap((name) =>
      [['a'], [], 'a', [''], [7], ['x'.repeat(201)], ids.map(String)].map((values) => ({
        ...subscribe,
        filter: { [name]: values },
      })),
    ),
    ...['budget', '', 'x'.repeat(201), 7].map((q) => ({ ...subscribe, filter: { q } })),
    ...[true, false, 'true', 1].map((backfill) => ({ ...subscribe, filter: { backfill } })),
    ...[[{}], [], [{}, {}, {}, {}], [{}, {}, {}, {}, {}], {}, [7]].map((filters) => ({ ...subscribe, filters })),
    ...[[], [1], [0], [1.5], ['1'], ids, ids.slice(1), 7].map((items) => ({ type: 'watch', items })),
    ...['ping', 'pong'].flatMap((type) => [{ type }, { type, id: 'a' }]),
    { type: 'watch' },
    { type: 'subscribe' },
    { type: 'subscribe', id: 'a', tag: 'b' },
    { type: 'welcome' },
  ];
}
