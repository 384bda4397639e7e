import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { everything } from '../../../src/domain/events/filter.ts';
import { StorageError } from '../../../src/domain/storage.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import {
  createQueryRunner,
  type QueryLimits,
  type QueryRunner,
  runQueriesInProcess,
} from '../../../src/store/query-process/query-runner.ts';
import { anItemDraft } from '../../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../../support/store-fixture.ts';

const limits: QueryLimits = { workers: 1, budgetMs: 20_000, wallLimitMs: 50_000, maxQueued: 1, queueTimeoutMs: 50_000 };
const query = { filter: { ...everything, backfill: true, q: 'title' }, limit: 10, before: null, limitPerSource: false };

let folder = '';
let url = '';
let store: Store;
let fixture: StoreFixture;
const open: QueryRunner[] = [];
let ends: string[] = [];

beforeEach(async () => {
  ends = [];
  folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-query-'));
  url = `sqlite:${path.join(folder, 'news.sqlite')}`;
  store = await openStore({ url, poller: false });
  fixture = await createStoreFixture(store, 'a');
  await fixture.read('a', [anItemDraft('one'), anItemDraft('two')]);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((runner) => runner.close()));
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function createRunner(over: Partial<QueryLimits> = {}): QueryRunner {
  const runner = createQueryRunner(url, { limits: { ...limits, ...over }, onEnd: (outcome) => ends.push(outcome) });
  open.push(runner);
  return runner;
}

/** Blocks every reader of the database until the returned function is called, which makes any query slow. */
async function holdReaders(): Promise<() => void> {
  await store.close();
  const holder = new Database(path.join(folder, 'news.sqlite'));
  holder.pragma('journal_mode = delete');
  holder.exec('begin exclusive');
  return () => holder.close();
}

/** Overwrites everything after the first pages; with 0 pages kept, everything after the file header. */
function damage(file: string, sparedPages: number): void {
  const begin = sparedPages === 0 ? 100 : sparedPages * 4096;
  const size = statSync(file).size - begin;
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(size, 0xee), 0, size, begin);
  closeSync(handle);
}

// Real processes: on a busy machine one takes seconds to start.
describe('a query runner', { timeout: 60_000 }, () => {
  it('returns the result that the query has in this process', async () => {
    const here = runQueriesInProcess(store);
    const beside = createRunner();
    const outcome = await beside.run('items', query);
    expect(outcome).toEqual(await here.run('items', query));
    expect(outcome.kind === 'done' && outcome.result.items).toHaveLength(2);
    const lists = { nowMs: 0, hours: 24, limit: 10 };
    expect(await beside.run('mostRead', lists)).toEqual(await here.run('mostRead', lists));
    expect(await beside.run('activity', { nowMs: 0 })).toEqual(await here.run('activity', { nowMs: 0 }));
  });

  it('sees everything that was committed before the query', async () => {
    const runner = createRunner();
    await runner.run('items', query);
    await fixture.read('a', [anItemDraft('three')]);
    const outcome = await runner.run('items', query);
    expect(outcome.kind === 'done' && outcome.result.items).toHaveLength(3);
    expect(outcome.kind === 'done' && outcome.result.head.head).toBe(3);
  });

  it('kills a query that takes too long, and runs the next one', async () => {
    const runner = createRunner({ wallLimitMs: 2000 });
    const release = await holdReaders();
    expect(await runner.run('items', query)).toEqual({ kind: 'over-budget' });
    release();
    expect((await runner.run('items', query)).kind).toBe('done');
    expect(ends).toEqual(['over-budget', 'done']);
  });

  it('refuses a query immediately when the queue is full, and one that was queued too long', async () => {
    const runner = createRunner({ queueTimeoutMs: 100 });
    const release = await holdReaders();
    const running = runner.run('items', query);
    const waiting = runner.run('items', query);
    let waited = false;
    void waiting.then(() => {
      waited = true;
    });
    expect(await runner.run('items', query)).toEqual({ kind: 'busy' });
    expect(waited).toBe(false);
    expect(await waiting).toEqual({ kind: 'busy' });
    release();
    expect((await running).kind).toBe('done');
    expect(ends).toEqual(['busy', 'busy', 'done']);
  });

  it('runs queued queries in order of arrival', async () => {
    const runner = createRunner({ maxQueued: 3 });
    const order: number[] = [];
    const all = [1, 2, 3, 4].map((number) => runner.run('items', query).then(() => order.push(number)));
    await Promise.all(all);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('has closed the database once it is closed', async () => {
    const runner = createRunner();
    await runner.run('items', query);
    await store.close();
    await runner.close();
    const alone = new Database(path.join(folder, 'news.sqlite'), { timeout: 0 });
    // It fails while any other connection is open.
    expect(alone.pragma('journal_mode = delete', { simple: true })).toBe('delete');
    alone.close();
    await expect(runner.run('items', query)).rejects.toThrow('closed');
  });

  it('reports a malformed file as a fault of the storage, when it opens it and when it reads', async () => {
    const faults: string[] = [];
    const createNoting = (): QueryRunner => {
      const runner = createQueryRunner(url, { limits, onFault: (fault) => faults.push(fault) });
      open.push(runner);
      return runner;
    };
    await store.close();
    damage(path.join(folder, 'news.sqlite'), 2);
    await expect(createNoting().run('items', query)).rejects.toBeInstanceOf(StorageError);
    damage(path.join(folder, 'news.sqlite'), 0);
    await expect(createNoting().run('items', query)).rejects.toMatchObject({ fault: 'malformed' });
    expect(faults).toEqual(['malformed', 'malformed']);
  });

  it('reports a database that cannot be read as a fault', async () => {
    const runner = createQueryRunner(`sqlite:${path.join(folder, 'none.sqlite')}`, {
      onEnd: (outcome) => ends.push(outcome),
    });
    open.push(runner);
    await expect(runner.run('items', query)).rejects.toThrow('none.sqlite');
    expect(ends).toEqual(['failed']);
  });
});
