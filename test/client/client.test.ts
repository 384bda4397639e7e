import { describe, expect, it } from 'vitest';
import { NewswireClient } from '../../src/client/client.ts';
import type { ClientOptions } from '../../src/client/client-types.ts';
import { event, protocolMessages } from '../support/client/scripted-server.ts';
import { useScriptedServer } from '../support/client/use-scripted-server.ts';

const scripted = useScriptedServer();
const { start, accept } = scripted;

describe('a client', () => {
  it('subscribes with its filter', async () => {
    start({ filter: { sections: ['World'] }, after: 'e1-3' });
    const { subscription } = await accept();
    expect(subscription).toEqual({ type: 'subscribe', id: 's1', after: 'e1-3', filter: { sections: ['World'] } });
  });

  it('starts at the head by default', async () => {
    start();
    expect((await accept()).subscription).toMatchObject({ after: 'head', filter: {} });
  });

  it('emits missed items, live, and new items', async () => {
    const { client, notes, noted } = start({ after: 'e1-1' });
    expect([client.state, client.cursor]).toEqual(['connecting', null]);
    const { peer } = await accept();
    peer.send(protocolMessages.items(event(2), event(5, 2)), protocolMessages.live(9, 5), protocolMessages.item(10, 5));
    await noted('item 10');
    expect(notes).toEqual(['state catching-up', 'item 2', 'item 5', 'state live', 'live e1-9', 'item 10']);
    await expect.poll(() => client.cursor).toBe('e1-10');
    expect(client.state).toBe('live');
  });

  it('emits updates with their changed fields, and removals', async () => {
    const { client, noted } = start();
    const received: unknown[] = [];
    client.on('item', (change) => void received.push(change));
    const { peer } = await accept();
    const item = { id: 7 };
    peer.send(
      { type: 'item', ch: '7f', seq: 1, prev: 0, op: 'update', changed: ['title'], item },
      { type: 'item', ch: '7f', seq: 2, prev: 1, op: 'remove', item },
      protocolMessages.live(2),
    );
    await noted('live');
    expect(received).toEqual([
      { op: 'update', seq: 1, item, changed: ['title'] },
      { op: 'remove', seq: 2, item },
    ]);
  });

  it('advances where nothing matched', async () => {
    const { client, noted } = start();
    const { peer } = await accept();
    peer.send(protocolMessages.pos(40, 0), protocolMessages.item(41, 0));
    await noted('item 41');
    await expect.poll(() => client.cursor).toBe('e1-41');
  });

  it('does not emit a repeated item', async () => {
    const { notes, noted } = start();
    const { peer } = await accept();
    peer.send(
      protocolMessages.item(1),
      protocolMessages.item(1),
      protocolMessages.items(event(1), event(2)),
      protocolMessages.item(2),
      protocolMessages.live(2),
    );
    await noted('live');
    expect(notes.filter((note) => note.startsWith('item'))).toEqual(['item 1', 'item 2']);
  });

  it('ignores unknown messages', async () => {
    const { notes, problems, noted } = start();
    const { peer } = await accept();
    peer.sendText('<html>');
    peer.sendText('null');
    peer.send({ type: 'weather', degrees: 3 }, protocolMessages.item(1));
    await noted('item 1');
    expect(problems).toEqual([]);
    expect(notes).toEqual(['state catching-up', 'item 1']);
  });

  it('ignores an event of an unknown kind and continues after it', async () => {
    const { client, notes, problems, noted } = start();
    const { peer } = await accept();
    peer.send({ ...protocolMessages.item(1), op: 'pin' }, protocolMessages.item(2), protocolMessages.live(2));
    await noted('live');
    expect(problems).toEqual([]);
    expect(notes.filter((note) => note.includes('item') || note.includes('pin'))).toEqual(['item 2']);
    expect(client.cursor).toBe('e1-2');
  });

  it('waits for a listener before it emits the next item', async () => {
    const { client, noted } = start();
    const order: string[] = [];
    client.on('item', async ({ seq }) => {
      order.push(`${seq} begins at ${client.cursor}`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${seq} ends`);
    });
    const { peer } = await accept();
    peer.send(protocolMessages.items(event(1), event(2)), protocolMessages.live(2));
    await noted('live');
    expect(order).toEqual(['1 begins at e1-0', '1 ends', '2 begins at e1-1', '2 ends']);
  });

  it('does not call a removed listener', async () => {
    const { client, noted } = start();
    const listener = () => expect.unreachable('it was taken off');
    client.on('item', listener).off('item', listener);
    const { peer } = await accept();
    peer.send(protocolMessages.item(1), protocolMessages.live(1));
    await noted('live');
  });
});

describe('a gap', () => {
  it('is followed by a new subscription, and queued messages are dropped', async () => {
    const { notes, noted } = start();
    const { peer } = await accept();
    peer.send(protocolMessages.item(1), protocolMessages.item(4, 3), protocolMessages.item(5, 4));
    expect(await peer.nextMessage()).toEqual({ type: 'unsubscribe', id: 's1' });
    const again = await peer.nextMessage();
    expect(again).toMatchObject({ type: 'subscribe', id: 's2', after: 'e1-1' });
    peer.send(protocolMessages.item(6, 5), protocolMessages.live(6));
    peer.send(
      protocolMessages.subscribed('s2', 'e1-1'),
      protocolMessages.item(3, 1),
      protocolMessages.item(4, 3),
      protocolMessages.live(4),
    );
    await noted('live e1-4');
    expect(notes.filter((note) => note.startsWith('item'))).toEqual(['item 1', 'item 3', 'item 4']);
  });

  it('is detected by live and pos too', async () => {
    start();
    const { peer } = await accept();
    peer.send(protocolMessages.item(1), protocolMessages.live(9, 8));
    await peer.nextMessage();
    expect(await peer.nextMessage()).toMatchObject({ type: 'subscribe', after: 'e1-1' });
  });

  it('among several events stops at the gap', async () => {
    const { notes } = start();
    const { peer } = await accept();
    peer.send(protocolMessages.items(event(1), event(4, 3), event(5, 4)));
    await peer.nextMessage();
    expect(await peer.nextMessage()).toMatchObject({ after: 'e1-1' });
    expect(notes).toEqual(['state catching-up', 'item 1']);
  });
});

describe('a connection that breaks', () => {
  it('is opened again, and continues from the cursor', async () => {
    const { notes, noted } = start();
    const { peer } = await accept();
    peer.send(protocolMessages.item(1), protocolMessages.item(2));
    await noted('item 2');
    peer.cut();
    const second = await accept();
    expect(second.subscription['after']).toBe('e1-2');
    second.peer.send(protocolMessages.item(3), protocolMessages.live(3));
    await noted('live');
    expect(notes).toEqual([
      'state catching-up',
      'item 1',
      'item 2',
      'state waiting',
      'state connecting',
      'state catching-up',
      'item 3',
      'state live',
      'live e1-3',
    ]);
  });

  it('continues from the head where it started when no event has arrived', async () => {
    const { noted } = start();
    const { peer } = await accept('e1-33');
    await noted('state catching-up');
    peer.cut();
    expect((await accept()).subscription['after']).toBe('e1-33');
  });

  it('is retried with growing delays while it fails', async () => {
    const { waits } = start({ runtime: { random: () => 1 } });
    for (let attempt = 0; attempt < 4; attempt += 1) (await accept('e1-0')).peer.cut();
    await accept('e1-0');
    expect(waits).toEqual([500, 1000, 2000, 4000]);
  });

  it('is retried without a long delay after progress', async () => {
    const { waits, noted } = start({ runtime: { random: () => 1 } });
    (await accept('e1-0')).peer.cut();
    (await accept('e1-0')).peer.cut();
    const { peer } = await accept('e1-0');
    peer.send(protocolMessages.item(1));
    await noted('item 1');
    peer.cut();
    await accept();
    expect(waits).toEqual([500, 1000, 500]);
  });

  it('counts a heartbeat as progress', async () => {
    const { client, waits } = start({ runtime: { random: () => 1 } });
    (await accept('e1-0')).peer.cut();
    const { peer } = await accept('e1-0');
    peer.send({ type: 'ping' }, protocolMessages.live(0));
    await expect.poll(() => client.state).toBe('live');
    peer.cut();
    await accept();
    expect(waits).toEqual([500, 500]);
  });

  it('is closed when no message arrives', async () => {
    const { noted, fireWatchdogs } = start();
    const { peer } = await accept();
    await noted('state catching-up');
    fireWatchdogs();
    await peer.gone;
    await accept();
  });

  it('is closed when the server never sends a message', async () => {
    const { fireWatchdogs } = start();
    const peer = await scripted.server.peer();
    fireWatchdogs();
    await peer.gone;
    await accept();
  });
});

describe('bye', () => {
  it('delays the reconnection by retryAfterMs', async () => {
    const { waits } = start();
    const { peer } = await accept();
    peer.send(protocolMessages.bye(4000, 'shutdown', 4200));
    peer.close(4000, 'shutdown');
    const second = await accept();
    second.peer.cut();
    await accept();
    expect(waits).toEqual([4200, 0]);
  });

  it('is permanent from code 4500', async () => {
    const { client, noted, problems } = start();
    const { peer } = await accept();
    peer.send(protocolMessages.bye(4500, 'bad_message'));
    peer.close(4500, 'bad_message');
    await noted('state closed');
    expect(problems).toMatchObject([{ code: 'bad_message', fatal: true }]);
    expect(client.state).toBe('closed');
  });

  it('is permanent by its code', async () => {
    const { noted, problems } = start();
    const { peer } = await accept();
    peer.close(4503, 'unknown_protocol');
    await noted('state closed');
    expect(problems).toMatchObject([{ code: 'unknown_protocol', fatal: true }]);
  });
});

describe('a subscription that is refused', () => {
  it("closes the client with the server's message", async () => {
    const { noted, problems } = start({ filter: { sections: [''] } });
    const peer = await scripted.server.peer();
    peer.send(protocolMessages.welcome);
    const { id } = await peer.nextMessage();
    peer.send({ type: 'error', id, code: 'bad_filter', message: 'no' });
    await noted('state closed');
    expect(problems).toEqual([{ code: 'bad_filter', message: 'no', fatal: true }]);
    await peer.gone;
  });
});

describe('close', () => {
  it('closes the client permanently', async () => {
    const { client, notes, noted } = start();
    const { peer } = await accept();
    peer.send(protocolMessages.item(1));
    await noted('item 1');
    client.close();
    client.close();
    await peer.gone;
    expect(client.state).toBe('closed');
    expect(notes).toEqual(['state catching-up', 'item 1', 'state closed']);
    expect(scripted.server.requests).toHaveLength(1);
  });

  it('closes a client that is waiting', async () => {
    const { client, noted, waits } = start({ watchMs: 400, runtime: { random: () => 1 } });
    (await accept()).peer.cut();
    await noted('state waiting');
    client.close();
    await noted('state closed');
    expect(waits).toEqual([]);
  });

  it('closes a client that is about to wait, without leaving a timer', async () => {
    const { client, noted, waits } = start();
    client.on('state', (state) => {
      if (state === 'waiting') client.close();
    });
    (await accept()).peer.cut();
    await noted('state closed');
    await new Promise((resolve) => setImmediate(resolve));
    expect(waits).toEqual([]);
  });

  it('closes a client that has not started', async () => {
    const { client } = start();
    client.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(scripted.server.requests).toEqual([]);
  });

  it('does not emit an item in progress', async () => {
    const { client, notes, noted } = start();
    client.on('item', () => client.close());
    const { peer } = await accept();
    peer.send(protocolMessages.items(event(1), event(2)), protocolMessages.item(3));
    await noted('state closed');
    await peer.gone;
    expect(notes.filter((note) => note.startsWith('item'))).toEqual(['item 1']);
  });
});

describe('the constructor', () => {
  it('throws for an invalid URL', () => {
    expect(() => new NewswireClient('news')).toThrow(TypeError);
  });

  it('uses the global functions by default', async () => {
    const options: ClientOptions = {};
    const client = new NewswireClient(scripted.server.url, options);
    const { subscription } = await accept();
    expect(subscription['type']).toBe('subscribe');
    client.close();
  });
});
