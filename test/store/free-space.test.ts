import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineOf } from '../../src/store/engine/engine.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { releaseFreeSpace } from '../../src/store/free-space.ts';
import { openStore } from '../../src/store/open-store.ts';
import { contentOf, DatabaseFolder } from '../support/database-folder.ts';

let folder: DatabaseFolder;
let store: Store;
beforeEach(async () => {
  folder = new DatabaseFolder();
  store = await openStore({ url: folder.url, poller: true });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const megabyte = 'x'.repeat(1_000_000);

/** Writes so many megabytes and deletes them again, so that their pages are unused. */
async function leaveUnused(megabytes: number): Promise<void> {
  await store.write(async (tx) => {
    const rows = Array.from({ length: megabytes }, (_, index) => ({ name: `filler ${index}`, value: megabyte }));
    await tx.insertInto('setting').values(rows).execute();
  });
  await store.write((tx) => tx.deleteFrom('setting').where('name', 'like', 'filler%').execute());
}

const space = () => engineOf(store.reader).readSpace(store.reader);

describe('releaseFreeSpace', () => {
  it('shrinks the file of a new database, until a twentieth of it is unused', async () => {
    await leaveUnused(20);
    const before = await space();
    expect(before.canShrink).toBe(true);
    const released = await releaseFreeSpace(store);
    const after = await space();
    // SQLite releases some pages of its own besides.
    expect(before.pages - after.pages).toBeGreaterThanOrEqual(released);
    expect(after.unused / before.pages).toBeCloseTo(0.05, 2);
    await store.close();
    expect(statSync(folder.file).size).toBeLessThan(3_000_000);
    expect(contentOf(folder.file).integrity).toBe('ok');
    store = await openStore({ url: folder.url, poller: true });
  });

  it('lets other writes in between two steps', async () => {
    await leaveUnused(20);
    const order: string[] = [];
    const other = async (): Promise<void> => {
      for (let write = 0; write < 3; write += 1) {
        await store.write((tx) => tx.updateTable('event_log').set({ floor: write }).execute());
        order.push('write');
      }
    };
    const releasing = releaseFreeSpace(store, { pagesPerStep: 16 }).then(() => order.push('released'));
    await Promise.all([releasing, other()]);
    expect(order).toEqual(['write', 'write', 'write', 'released']);
  });

  it('stops after the present step', async () => {
    await leaveUnused(20);
    const stopping = new AbortController();
    stopping.abort();
    expect(await releaseFreeSpace(store, { signal: stopping.signal })).toBe(0);
  });

  it('leaves a little unused space to the next items', async () => {
    await leaveUnused(3);
    expect((await space()).unused).toBeGreaterThan(500);
    expect(await releaseFreeSpace(store)).toBe(0);
  });

  it('does nothing to a database that was created before it could shrink', async () => {
    await store.close();
    const database = new Database(folder.file);
    database.pragma('journal_mode = delete');
    database.pragma('auto_vacuum = none');
    database.exec('vacuum');
    database.close();
    store = await openStore({ url: folder.url, poller: true });
    await leaveUnused(20);
    expect(await space()).toMatchObject({ canShrink: false });
    expect(await releaseFreeSpace(store)).toBe(0);
  });
});
