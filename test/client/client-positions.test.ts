import { describe, expect, it } from 'vitest';
import type { RecordingClient } from '../support/client/recording-client.ts';
import { event, protocolMessages } from '../support/client/scripted-server.ts';
import { useScriptedServer } from '../support/client/use-scripted-server.ts';

const scripted = useScriptedServer();
const { start, accept } = scripted;

describe('a reset', () => {
  const snapshot = { items: [{ id: 60 }, { id: 58 }], cursor: 'e1-61', next: null };

  function answerSnapshot(status = 200): void {
    scripted.server.answer = (_, response) => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(snapshot));
    };
  }

  it('is emitted with the newest items, and the client continues after them', async () => {
    answerSnapshot();
    const { client, notes, noted } = start({ after: 'e1-1', filter: { sections: ['World'] }, snapshotLimit: 20 });
    const peer = await scripted.server.peer();
    peer.send(protocolMessages.welcome);
    await peer.nextMessage();
    peer.send(protocolMessages.reset('s1'));
    await peer.nextMessage();
    expect(await peer.nextMessage()).toMatchObject({ type: 'subscribe', id: 's2', after: 'e1-61' });
    expect(scripted.server.requests).toContain('/api/items?section=World&limit=20');
    peer.send(protocolMessages.subscribed('s2', 'e1-61'), protocolMessages.item(62, 61));
    await noted('item 62');
    expect(notes).toEqual(['reset cursor_too_old 2 e1-61', 'state catching-up', 'item 62']);
    await expect.poll(() => client.cursor).toBe('e1-62');
  });

  it('continues at the head without items when snapshots are off', async () => {
    const { noted } = start({ after: 'e1-1', snapshotLimit: 0 });
    const peer = await scripted.server.peer();
    peer.send(protocolMessages.welcome);
    await peer.nextMessage();
    peer.send(protocolMessages.reset('s1'));
    await noted('reset cursor_too_old 0 e1-60');
    await peer.nextMessage();
    expect(await peer.nextMessage()).toMatchObject({ after: 'e1-60' });
  });

  it('is retried from the old cursor when the items cannot be read', async () => {
    const { problems, noted } = start({ after: 'e1-1' });
    const peer = await scripted.server.peer();
    peer.send(protocolMessages.welcome);
    await peer.nextMessage();
    peer.send(protocolMessages.reset('s1'));
    await noted('error snapshot_failed');
    expect(problems[0]?.fatal).toBe(false);
    answerSnapshot();
    const { subscription } = await accept();
    expect(subscription['after']).toBe('e1-1');
  });
});

describe('a snapshot', () => {
  /** Lets a client request a snapshot that is never answered. */
  async function askForSnapshot(recording: RecordingClient): Promise<void> {
    const requested = new Promise<void>((resolve) => {
      scripted.server.answer = () => resolve();
    });
    const peer = await scripted.server.peer();
    peer.send(protocolMessages.welcome);
    await peer.nextMessage();
    peer.send(protocolMessages.reset('s1'));
    await requested;
    expect(recording.client.state).toBe('connecting');
  }

  it('times out', async () => {
    const noting = start({ after: 'e1-1' });
    await askForSnapshot(noting);
    noting.fireWatchdogs();
    await noting.noted('error snapshot_failed');
    expect((await accept()).subscription['after']).toBe('e1-1');
  });

  it('is aborted when the client is closed', async () => {
    const noting = start({ after: 'e1-1' });
    await askForSnapshot(noting);
    noting.client.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(noting.notes).toEqual(['state closed']);
    expect(scripted.server.requests).toHaveLength(2);
  });
});

describe('the cursor', () => {
  /** Storage in memory; `fails` makes it throw. */
  function storageOf(cursor: string | null) {
    return {
      cursor,
      fails: false,
      read() {
        if (this.fails) throw new Error('no storage');
        return this.cursor;
      },
      write(next: string) {
        if (this.fails) throw new Error('no storage');
        this.cursor = next;
      },
    };
  }

  it('is read from the storage first', async () => {
    start({ after: 'floor', storage: storageOf('e1-7') });
    expect((await accept()).subscription['after']).toBe('e1-7');
  });

  it('is not read from a storage with an invalid value', async () => {
    start({ after: 'floor', storage: storageOf('nonsense') });
    expect((await accept('e1-0')).subscription['after']).toBe('floor');
  });

  it('is stored only after the item was handled', async () => {
    const storage = storageOf(null);
    const { client, noted } = start({ storage });
    const seen: (string | null)[] = [];
    client.on('item', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(storage.cursor);
    });
    const { peer } = await accept();
    peer.send(
      protocolMessages.item(1),
      protocolMessages.item(2),
      protocolMessages.pos(5, 2),
      protocolMessages.live(6, 2),
    );
    await noted('live');
    expect(seen).toEqual(['e1-0', 'e1-1']);
    await expect.poll(() => storage.cursor).toBe('e1-6');
  });

  it('is stored for an item whose listener closed the client', async () => {
    const storage = storageOf(null);
    const { client, noted } = start({ storage });
    client.on('item', () => client.close());
    const { peer } = await accept();
    peer.send(protocolMessages.items(event(1), event(2)));
    await noted('state closed');
    await expect.poll(() => storage.cursor).toBe('e1-1');
  });

  it('is stored only when it has changed', async () => {
    const storage = storageOf(null);
    const written: string[] = [];
    storage.write = (cursor) => void written.push(cursor);
    const { noted } = start({ storage });
    const { peer } = await accept();
    peer.send(protocolMessages.item(1), protocolMessages.item(1), protocolMessages.pos(1, 1), protocolMessages.live(1));
    await noted('live');
    expect(written).toEqual(['e1-0', 'e1-1']);
  });

  it('can fail to be stored while events are still emitted', async () => {
    const storage = storageOf(null);
    storage.fails = true;
    const { notes, problems, noted } = start({ storage });
    const { peer } = await accept();
    peer.send(protocolMessages.item(1), protocolMessages.item(2));
    await noted('item 2');
    expect(notes).toContain('item 1');
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['storage_failed']));
  });
});

describe('a listener that fails', () => {
  it('gets the item again after a pause, and only then the following ones', async () => {
    const { client, noted, problems } = start();
    const handled: number[] = [];
    let failures = 0;
    client.on('item', ({ seq }) => {
      if (seq === 2 && failures++ === 0) throw new Error('database is full');
      handled.push(seq);
    });
    const { peer } = await accept();
    peer.send(protocolMessages.items(event(1), event(2), event(3)));
    await noted('error handler_failed');
    expect(problems[0]?.cause).toEqual(new Error('database is full'));
    const second = await accept();
    expect(second.subscription['after']).toBe('e1-1');
    second.peer.send(protocolMessages.items(event(2), event(3)), protocolMessages.live(3));
    await noted('live');
    expect(handled).toEqual([1, 2, 3]);
  });

  it('of a reset gets the reset again', async () => {
    scripted.server.answer = (_, response) =>
      void response.end(JSON.stringify({ items: [], cursor: 'e1-61', next: null }));
    const { client, noted } = start({ after: 'e1-1' });
    client.on('reset', () => {
      throw new Error('no');
    });
    const peer = await scripted.server.peer();
    peer.send(protocolMessages.welcome);
    await peer.nextMessage();
    peer.send(protocolMessages.reset('s1'));
    await noted('error handler_failed');
    expect((await accept()).subscription['after']).toBe('e1-1');
  });

  it('of a state does not stop items', async () => {
    const { client, noted } = start();
    client.on('state', () => {
      throw new Error('no');
    });
    const { peer } = await accept();
    peer.send(protocolMessages.item(1));
    await noted('item 1');
    await noted('error handler_failed');
  });
});
