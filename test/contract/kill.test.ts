import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/engine/store.ts';
import { readEvents, readHead } from '../../src/store/log/event-log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { day } from '../support/builders.ts';
import { engines } from './test-engines.ts';

const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'store-until-killed.ts');
const documents = 3;
const entries = 110;

interface Run {
  /** The highest head that the process had committed and reported. */
  readonly reported: number;
  readonly finished: boolean;
}

/** Lets a process store documents and kills it after some of its commits; null: lets it finish. */
async function run(url: string, startMs: number, killAfter: number | null): Promise<Run> {
  const args = [child, url, String(documents), String(entries), String(startMs)];
  const storing: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(storing, 'exit');
  let reported = 0;
  let commits = 0;
  let finished = false;
  if (storing.stdout === null) throw new Error('the process has no output');
  for await (const line of createInterface({ input: storing.stdout })) {
    if (line === 'done') finished = true;
    if (!line.startsWith('head ')) continue;
    reported = Number(line.slice(5));
    commits += 1;
    // The process continues until the signal arrives: it is killed at any point of the work after this commit.
    if (commits === killAfter) storing.kill('SIGKILL');
  }
  await ended;
  return { reported, finished };
}

async function count(store: Store, query: ReturnType<typeof sql<{ n: number }>>): Promise<number | undefined> {
  return (await query.execute(store.reader)).rows[0]?.n;
}

/** The invariants that hold at any instant, whatever was interrupted. */
async function expectInvariants(store: Store, reported: number): Promise<void> {
  const { head, floor } = await readHead(store.reader);
  expect(head, 'a head that was reported is never taken back').toBeGreaterThanOrEqual(reported);
  const events = await readEvents(store.reader, 0, 100_000);
  expect(floor).toBe(1);
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
  const items = await count(store, sql`select count(*) as n from item`);
  expect(events.filter(({ op }) => op === 'add')).toHaveLength(items ?? -1);
  expect(new Set(events.map(({ itemId }) => itemId)).size).toBe(items);
  expect(await count(store, sql`select count(*) as n from appearance where item_id is not null`)).toBe(items);
  expect(await count(store, sql`select items as n from source`)).toBe(items);
  expect(await count(store, sql`select count(*) as n from item_search where item_search match 'title'`)).toBe(items);
}

describe.each(engines)('kill -9 on $name', (engine) => {
  it('loses no committed item, stores none twice, and leaves the log dense', { timeout: 120_000 }, async () => {
    const location = engine.make();
    try {
      let reported = 0;
      for (const [round, killAfter] of [1, 2, 4, 5, 1].entries()) {
        const killed = await run(location.url, round * day, killAfter);
        reported = Math.max(reported, killed.reported);
        const store = await openStore({ url: location.url, poller: true });
        await expectInvariants(store, reported);
        await store.close();
      }
      expect(await run(location.url, 10 * day, null)).toMatchObject({ finished: true });
      const store = await openStore({ url: location.url, poller: true });
      await expectInvariants(store, reported);
      expect((await readHead(store.reader)).head).toBe(documents * entries);
      await store.close();
    } finally {
      location.remove();
    }
  });

  it('releases the poll lock', { timeout: 60_000 }, async () => {
    const location = engine.make();
    try {
      expect(await run(location.url, 0, 1)).toMatchObject({ finished: false });
      const store = await openStore({ url: location.url, poller: true });
      await expect(openStore({ url: location.url, poller: true })).rejects.toThrow('already polls');
      await store.close();
    } finally {
      location.remove();
    }
  });
});
