import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/engine/store.ts';
import { announcedPosition, createPositionRecorder } from '../../../src/store/log/announced-position.ts';
import { readHead } from '../../../src/store/log/event-log.ts';
import { openStore } from '../../../src/store/open-store.ts';

let folder = '';
let file = '';
const warnings: string[] = [];
const note = (_facts: object, message: string): void => void warnings.push(message);
const log = { debug() {}, info() {}, warn: note, error: note };

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-announced-'));
  file = path.join(folder, 'news.sqlite');
  warnings.length = 0;
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the database, sets the head of its log if `head` is given, and closes it. */
async function run(head?: number): Promise<string> {
  const store = await openStore({ url: `sqlite:${file}`, poller: true, log });
  if (head !== undefined) await grow(store, head);
  const { epoch } = await readHead(store.reader);
  await store.close();
  return epoch;
}

function grow(store: Store, head: number): Promise<unknown> {
  return store.write((tx) => tx.updateTable('event_log').set({ head }).execute());
}

const recorded = () => announcedPosition(file).read();

describe('the announced position', () => {
  it('records every commit before any reader can see it', async () => {
    const store = await openStore({ url: `sqlite:${file}`, poller: true });
    const { epoch } = await readHead(store.reader);
    for (const head of [3, 4, 50]) {
      let seen: unknown = null;
      // The first continuation after the commit.
      const written = grow(store, head).then(() => {
        seen = recorded();
      });
      await written;
      expect(seen).toEqual({ epoch, seq: head });
    }
    await store.close();
  });

  it('keeps the epoch after a clean stop and after a crash', async () => {
    const epoch = await run(32);
    expect(await run()).toBe(epoch);
    // As after a kill between the commit and its record: the record is one commit behind.
    announcedPosition(file).write({ epoch, seq: 31 });
    expect(await run()).toBe(epoch);
    expect(recorded()).toEqual({ epoch, seq: 32 });
    expect(warnings).toEqual([]);
  });

  it('renews the epoch of a log that is one event behind it, once', async () => {
    const epoch = await run(31);
    copyFileSync(file, `${file}.backup`);
    await run(32);
    copyFileSync(`${file}.backup`, file);
    const renewed = await run();
    expect(renewed).not.toBe(epoch);
    expect(warnings).toEqual([expect.stringContaining('restored from a backup')]);
    expect(await run()).toBe(renewed);
    expect(recorded()).toEqual({ epoch: renewed, seq: 31 });
  });

  it('renews the epoch of a log of an earlier epoch, although the log is longer', async () => {
    await run(40);
    copyFileSync(file, `${file}.backup`);
    const store = await openStore({ url: `sqlite:${file}`, poller: true });
    const renewed = 'renewed0';
    await store.write((tx) => tx.updateTable('event_log').set({ epoch: renewed }).execute());
    expect(recorded()).toEqual({ epoch: renewed, seq: 40 });
    await store.close();
    copyFileSync(`${file}.backup`, file);
    announcedPosition(file).write({ epoch: renewed, seq: 7 });
    expect(await run()).not.toBe(renewed);
    expect(warnings).toHaveLength(1);
  });

  it('renews the epoch when the record is unreadable, and replaces the record', async () => {
    const epoch = await run(5);
    writeFileSync(`${file}.announced`, '');
    const renewed = await run();
    expect(renewed).not.toBe(epoch);
    expect(recorded()).toEqual({ epoch: renewed, seq: 5 });
  });

  it('keeps the epoch when the record is missing: the database was moved without it', async () => {
    const epoch = await run(5);
    rmSync(`${file}.announced`);
    expect(await run()).toBe(epoch);
    expect(recorded()).toEqual({ epoch, seq: 5 });
    expect(warnings).toEqual([]);
  });

  it('does not take a new database for a restored one', async () => {
    await run(5);
    rmSync(file);
    const epoch = await run();
    expect(recorded()).toEqual({ epoch, seq: 0 });
    expect(warnings).toEqual([]);
  });

  it('is created again when it is deleted while the server runs', async () => {
    const store = await openStore({ url: `sqlite:${file}`, poller: true });
    await grow(store, 1);
    rmSync(`${file}.announced`);
    await grow(store, 2);
    expect(recorded()).toMatchObject({ seq: 2 });
    await store.close();
  });

  it('always has the same length, so that overwriting it needs no disk space', () => {
    const position = announcedPosition(file);
    const sizes = [0, 7, 123_456_789_012].map((seq) => {
      position.write({ epoch: 'abcdefgh', seq });
      return readFileSync(`${file}.announced`).length;
    });
    expect(new Set(sizes).size).toBe(1);
    expect(existsSync(`${file}.announced.new`)).toBe(false);
    expect(statSync(`${file}.announced`).mode & 0o777).toBe(0o600);
  });

  it('logs once, and stops nothing, when it cannot be written', () => {
    let fails = true;
    const written: unknown[] = [];
    let seq = 0;
    const recorder = createPositionRecorder(
      {
        read: () => null,
        write(position) {
          if (fails) throw new Error('no space left on device');
          written.push(position);
        },
      },
      { position: () => ({ epoch: 'abcdefgh', seq }), log },
    );
    for (seq = 1; seq <= 3; seq += 1) recorder.record();
    expect(warnings).toHaveLength(1);
    fails = false;
    recorder.record();
    expect(written).toEqual([{ epoch: 'abcdefgh', seq: 4 }]);
  });
});
