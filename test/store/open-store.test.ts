import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/domain/config-error.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { getOrCreateSetting } from '../../src/store/stored-settings.ts';
import { engines, withStore } from '../contract/test-engines.ts';

/** The single problem of the ConfigError that opening this URL throws. */
async function refusal(url: string) {
  const error: unknown = await openStore({ url, poller: false }).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error(`${url} was not refused as it should be: ${error}`);
  return error.problems[0];
}

describe('openStore', () => {
  it('refuses an unsupported engine, without repeating the password', async () => {
    const problem = await refusal('postgres://reader:secret@db.example.org/news');
    expect(problem).toMatchObject({ where: 'DATABASE_URL' });
    expect(problem?.what).toContain('postgres: are not supported yet');
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it('refuses an invalid URL', async () => {
    expect((await refusal('db/newswire'))?.what).toContain('is not a URL');
  });
});

describe.each(engines)('a store on $name', (engine) => {
  it('begins with an empty log and a new epoch', () =>
    withStore(engine, async (store) => {
      expect(await readHead(store.reader)).toEqual({
        epoch: expect.stringMatching(/^[a-z0-9]{8,10}$/),
        head: 0,
        floor: 1,
      });
    }));

  it('gets an epoch that no other log has', async () => {
    const epochs = new Set<string>();
    for (let made = 0; made < 3; made += 1) {
      const location = engine.make();
      const store = await openStore({ url: location.url, poller: false });
      epochs.add((await readHead(store.reader)).epoch);
      await store.close();
      location.remove();
    }
    expect(epochs.size).toBe(3);
  });

  it('keeps its log and its epoch when it is opened again', async () => {
    const location = engine.make();
    try {
      const first = await openStore({ url: location.url, poller: true });
      const before = await readHead(first.reader);
      await first.close();
      const second = await openStore({ url: location.url, poller: true });
      expect(await readHead(second.reader)).toEqual(before);
      await second.close();
    } finally {
      location.remove();
    }
  });

  it('rolls back everything that a failed transaction wrote', () =>
    withStore(engine, async (store) => {
      const failing = store.write(async (tx) => {
        await tx.updateTable('event_log').set({ head: 5 }).execute();
        throw new Error('planted');
      });
      await expect(failing).rejects.toThrow('planted');
      expect((await readHead(store.reader)).head).toBe(0);
    }));

  it('runs transactions one after the other', () =>
    withStore(engine, async (store) => {
      const order: string[] = [];
      const work = (name: string) =>
        store.write(async () => {
          order.push(`${name} begins`);
          await nextTurn();
          order.push(`${name} ends`);
        });
      await Promise.all([work('a'), work('b')]);
      expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
    }));

  it('runs each write in the async context of its caller, even in a shared transaction', () =>
    withStore(engine, async (store) => {
      const who = new AsyncLocalStorage<string>();
      const asked = ['a', 'b'].map((name) => who.run(name, () => store.write(async () => who.getStore())));
      expect(await Promise.all(asked)).toEqual(['a', 'b']);
      const readers = await store.read((tx) => Promise.all([readHead(tx), store.write(readHead)]));
      expect(readers[0]).toEqual(readers[1]);
    }));

  it('completes requested writes before it is closed', async () => {
    const location = engine.make();
    try {
      const store = await openStore({ url: location.url, poller: false });
      const written = store.write((tx) => tx.updateTable('event_log').set({ floor: 7 }).execute());
      await store.close();
      await written;
      const again = await openStore({ url: location.url, poller: false });
      expect(await readHead(again.reader)).toMatchObject({ floor: 7 });
      await again.close();
    } finally {
      location.remove();
    }
  });

  it('throws when the writer is used inside its own transaction, instead of waiting forever', () =>
    withStore(engine, async (store) => {
      const nested = store.write(() => readHead(store.writer));
      await expect(nested).rejects.toThrow('inside its own transaction');
      await expect(store.write(() => store.write(readHead))).rejects.toThrow('inside its own transaction');
      await expect(store.read(() => readHead(store.reader))).rejects.toThrow('inside its own transaction');
    }));

  it('lets work that outlives its transaction use the writer', () =>
    withStore(engine, async (store) => {
      const ended = Promise.withResolvers<void>();
      let later: Promise<unknown> = Promise.resolve();
      await store.write(async () => {
        later = ended.promise.then(() => readHead(store.writer));
      });
      ended.resolve();
      expect(await later).toMatchObject({ head: 0 });
    }));

  it('can be read inside a write transaction, and shows the state before it', () =>
    withStore(engine, async (store) => {
      const seen = await store.write(async (tx) => {
        await tx.updateTable('event_log').set({ head: 5 }).execute();
        return (await readHead(store.reader)).head;
      });
      expect(seen).toBe(0);
      expect((await readHead(store.reader)).head).toBe(5);
    }));

  it('reads one snapshot within one read, whatever is written meanwhile', () =>
    withStore(engine, async (store) => {
      const heads = await store.read(async (tx) => {
        const before = await readHead(tx);
        await store.writer.updateTable('event_log').set({ head: 9 }).execute();
        return [before.head, (await readHead(tx)).head];
      });
      expect(heads).toEqual([0, 0]);
    }));

  it('refuses writes through the reader', () =>
    withStore(engine, async (store) => {
      await expect(store.reader.updateTable('event_log').set({ head: 1 }).execute()).rejects.toThrow(/read.?only/i);
    }));

  it('holds the write lock from the first statement of a write, so that its reads stay current', () =>
    withStore(engine, async (store, url) => {
      const other = await openStore({ url, poller: false });
      let runs = 0;
      let writing: Promise<unknown> = Promise.resolve();
      await store.write(async (tx) => {
        runs += 1;
        const { head } = await readHead(tx);
        writing = other.write((their) => their.updateTable('event_log').set({ head: 100 }).execute());
        await nextTurn();
        await tx
          .updateTable('event_log')
          .set({ head: head + 1 })
          .execute();
      });
      await writing;
      await other.close();
      expect(runs).toBe(1);
    }));

  it('waits for the writer of another process without blocking the event loop', () =>
    withStore(engine, async (store, url) => {
      const other = await openStore({ url, poller: false });
      const ended = Promise.withResolvers<void>();
      const begun = Promise.withResolvers<void>();
      const long = other.write(async (tx) => {
        await tx.updateTable('event_log').set({ head: 1 }).execute();
        begun.resolve();
        await ended.promise;
      });
      await begun.promise;
      const own = store.write(async (tx) => {
        const { head } = await readHead(tx);
        await tx
          .updateTable('event_log')
          .set({ head: head + 1 })
          .execute();
      });
      // The first attempt has failed by the second iteration. A blocking wait would never get here.
      await nextTurn();
      await nextTurn();
      ended.resolve();
      await Promise.all([long, own]);
      await other.close();
      expect((await readHead(store.reader)).head).toBe(2);
    }));
});

describe.each(engines)('a setting on $name', (engine) => {
  it('is created once and stays the same', () =>
    withStore(engine, async (store) => {
      let made = 0;
      const make = () => {
        made += 1;
        return `secret ${made}`;
      };
      expect(await getOrCreateSetting(store, 'secret', make)).toBe('secret 1');
      expect(await getOrCreateSetting(store, 'secret', make)).toBe('secret 1');
      expect(await getOrCreateSetting(store, 'other', () => 'x')).toBe('x');
    }));

  it('is the same for two concurrent callers', () =>
    withStore(engine, async (store) => {
      const both = await Promise.all(['a', 'b'].map((value) => getOrCreateSetting(store, 'secret', () => value)));
      expect(both[0]).toBe(both[1]);
    }));
});
