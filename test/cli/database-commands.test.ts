import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listComments } from '../../src/cli/commands/comments-command.ts';
import { refresh } from '../../src/cli/commands/refresh-command.ts';
import { listSources } from '../../src/cli/commands/sources-command.ts';
import { listWebhooks } from '../../src/cli/commands/webhooks-command.ts';
import type { PollResult } from '../../src/domain/polling/poll.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { declareSources } from '../../src/store/sources/declare-sources.ts';
import { claimSources, recordPoll } from '../../src/store/sources/leases.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { readPollState } from '../../src/store/sources/source-state.ts';
import {
  applySubscriptionDiff,
  confirmSubscription,
  updateSubscription,
} from '../../src/store/websub/websub-subscriptions.ts';
import { aPollResult, aSource, minute, noon } from '../support/builders.ts';
import { notesOf } from '../support/notes.ts';
import { FakeIo } from './fake-io.ts';

const clock = { now: () => noon + 10 * minute, monotonic: () => 0 };

describe('commands on a database', () => {
  let folder: string;
  let server: Store;
  let env: Record<string, string>;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-cli-'));
    env = { DATABASE_URL: `sqlite:${path.join(folder, 'newswire.sqlite')}` };
    // The poll lock is held throughout, as beside a running server.
    server = await openStore({ url: env['DATABASE_URL'] ?? '', poller: true });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const declare = async (...ids: string[]): Promise<void> =>
    void (await declareSources(server, { sources: ids.map((id) => aSource(id)) }, noon));

  async function settle(id: string, over: Partial<PollResult>): Promise<void> {
    const [lease] = await claimSources(server, { ids: [id], nowMs: noon, leaseMs: 90_000 });
    if (lease === undefined) throw new Error(`${id} is not due`);
    await recordPoll(server, lease, aPollResult({ nextCheckMs: noon + 75 * minute, ...over }), noon);
  }

  async function list(options: { all?: boolean; json?: boolean } = {}, columns: number | null = null) {
    const io = new FakeIo(env, columns);
    expect(await listSources(io, options, clock)).toBe(0);
    expect(io.stderr).toBe('');
    return io.stdout;
  }

  describe('newswire sources', () => {
    it('shows the state of each source', async () => {
      await declare('never', 'fine', 'bad', 'slow', 'gone', 'moved');
      await settle('fine', { outcome: 'not-modified' });
      await settle('bad', {
        outcome: 'failed',
        failure: 'dns_error',
        detail: 'No address is known by that name',
        failures: 3,
        nextCheckReason: { code: 'back_off', failures: 3, throttling: null },
      });
      const retryAfter = { code: 'retry_after', waitMs: 75 * minute, throttling: 'rate_limited' } as const;
      await settle('slow', { outcome: 'throttled', nextCheckReason: retryAfter });
      await settle('gone', { outcome: 'gone', goneMs: noon });
      await settle('moved', { movedTo: 'https://example.org/new' });
      const lines = (await list()).trimEnd().split('\n');
      expect(lines[0]).toMatch(/^ID +STATE +ITEMS +LAST POLL +NEXT POLL +NOTE$/);
      expect(lines[1]).toMatch(/^never +new +0 +never +now/);
      expect(lines[2]).toMatch(/^fine +ok +0 +10 min ago +in 1 h \(adaptive interval 1 h\)$/);
      expect(lines[3]).toMatch(
        /^bad +dns_error x3 +0 +10 min ago +in 1 h \(back-off after 3 failures\) +No address is known by that name$/,
      );
      expect(lines[4]).toMatch(/^slow +throttled +0 +10 min ago +in 1 h \(Retry-After 1 h 15 min \(rate limited\)\)$/);
      expect(lines[5]).toMatch(/^gone +gone /);
      expect(lines[6]).toMatch(/^moved +ok .* moved to https:\/\/example\.org\/new$/);
    });

    it('omits removed sources without --all', async () => {
      await declare('stays', 'goes');
      await declare('stays');
      expect(await list()).not.toContain('goes');
      expect(await list({ all: true })).toMatch(/^goes +removed +0 +never +never/m);
    });

    it('fits the terminal', async () => {
      await declare('a-source-with-a-rather-long-name-that-goes-on');
      await settle('a-source-with-a-rather-long-name-that-goes-on', { detail: 'word '.repeat(40) });
      const lines = (await list({}, 72)).split('\n');
      expect(lines.every((line) => line.length <= 72)).toBe(true);
    });

    it('removes control characters of a publisher', async () => {
      await declare('a');
      await settle('a', { outcome: 'failed', failure: 'http_client_error', detail: '\u001b[31mred\u0007' });
      expect(await list()).not.toMatch(/[\u001b\u0007]/);
    });

    it("shows the state of a source's hubs without secrets", async () => {
      await declare('a');
      await settle('a', {});
      const { ref } = await server.reader.selectFrom('source').select('ref').executeTakeFirstOrThrow();
      const common = { sourceRef: ref, topic: 'https://a.example.org/feed.xml', secret: 'hush' };
      const hubs = ['https://hub.example.org/', 'https://new.example.org/'];
      const add = hubs.map((hub, index) => ({ ...common, hub, callbackId: `id-${index}` }));
      await applySubscriptionDiff(server, { add, remove: [] }, noon);
      await confirmSubscription(server, 1, { nowMs: noon, leaseUntilMs: noon + 75 * minute, renewMs: noon + minute });
      await updateSubscription(server, 1, { trust: 'trusted' });
      const table = await list();
      expect(table).toContain('hub hub.example.org: trusted, 0 pushes, 0 missed; hub new.example.org: desired');
      const json = await list({ json: true });
      expect(JSON.parse(json).sources[0].subscriptions[0]).toMatchObject({
        hub: 'https://hub.example.org/',
        state: 'active',
        trust: 'trusted',
        leaseUntilAt: '2026-03-01T13:15:00.000Z',
        lastPushAt: null,
        missed: 0,
      });
      expect(table + json).not.toMatch(/hush|id-0/);
    });

    it('prints JSON with ISO 8601 times and the names of the API', async () => {
      await declare('a', 'b');
      const { facts } = aPollResult();
      await settle('a', { facts: { ...facts, notes: notesOf('recovered', 'dup_guid:2') } });
      const { sources } = JSON.parse(await list({ json: true }));
      expect(sources).toHaveLength(2);
      expect(sources[0]).toMatchObject({
        id: 'a',
        url: 'https://a.example.org/feed.xml',
        outcome: 'fresh',
        status: 200,
        durationMs: 50,
        lastAttemptAt: '2026-03-01T12:00:00.000Z',
        nextCheckAt: '2026-03-01T13:15:00.000Z',
        goneAt: null,
        nextCheckReason: { code: 'adaptive_interval', intervalMs: 3_600_000 },
        notes: [
          { code: 'recovered', count: 1 },
          { code: 'dup_guid', count: 2 },
        ],
      });
      expect(Object.keys(sources[0]).filter((name) => name.endsWith('Ms'))).toEqual(['durationMs', 'intervalMs']);
      expect(sources[1]).toMatchObject({ id: 'b', outcome: null, lastAttemptAt: null });
    });

    it('explains what to do when there are no sources', async () => {
      expect(await list()).toBe('No sources yet. "newswire serve" reads them from FEEDS_DIR.\n');
      expect(JSON.parse(await list({ json: true }))).toEqual({ sources: [] });
    });
  });

  describe('commands that only read', () => {
    const commands = [
      ['sources', (io: FakeIo) => listSources(io, { json: true }, clock)],
      ['comments', (io: FakeIo) => listComments(io, { state: 'all', limit: 9, json: true }, clock)],
      ['webhooks', (io: FakeIo) => listWebhooks(io, { json: true }, clock)],
    ] as const;

    it.each(commands)('do not wait for a writer: %s', async (name, run) => {
      const writer = new Database(path.join(folder, 'newswire.sqlite'));
      writer.exec('begin immediate');
      const io = new FakeIo(env);
      expect(await run(io)).toBe(0);
      expect(JSON.parse(io.stdout)).toHaveProperty(name);
      writer.exec('rollback');
      writer.close();
    });

    it.each(commands)('do not change an older database: %s', async (_, run) => {
      await server.write((tx) => sql`delete from kysely_migration where name = '0009-alerts'`.execute(tx));
      await expect(run(new FakeIo(env))).rejects.toThrow('was written by an older Newswire');
      const { rows } = await sql`select name from kysely_migration where name = '0009-alerts'`.execute(server.reader);
      expect(rows).toEqual([]);
    });
  });

  describe('newswire refresh', () => {
    async function ask(...ids: string[]): Promise<string> {
      const io = new FakeIo(env);
      expect(await refresh(io, ids, clock)).toBe(0);
      return io.stdout;
    }

    const nextOf = async (id: string) => await readPollState(server.reader, id);

    it('schedules the given sources now, beside a running server', async () => {
      await declare('a', 'b');
      await settle('a', {});
      await settle('b', {});
      expect(await ask('a')).toBe(
        '1 source scheduled; the running server polls now, each source at most once a minute.\n',
      );
      expect(await nextOf('a')).toMatchObject({ nextCheckMs: clock.now(), nextCheckReason: { code: 'operator' } });
      expect(await nextOf('b')).toMatchObject({ nextCheckMs: noon + 75 * minute });
    });

    it('reports that no server is running', async () => {
      await declare('a');
      await server.close();
      server = await openStore({ url: env['DATABASE_URL'] ?? '', poller: false });
      expect(await ask('a')).toBe(
        '1 source scheduled; no server is running with this database; the next one to start polls them.\n',
      );
    });

    it('schedules all sources when none is given', async () => {
      await declare('a', 'b');
      await settle('a', {});
      await settle('b', {});
      expect(await ask()).toContain('2 sources');
      const reports = await readSourceReports(server.reader);
      expect(reports.map((report) => report.nextCheckMs)).toEqual([clock.now(), clock.now()]);
    });

    it('counts a repeated source once', async () => {
      await declare('a');
      expect(await ask('a', 'a')).toContain('1 source scheduled');
    });

    it('schedules nothing when one id is unknown, and suggests a similar one', async () => {
      await declare('example-world', 'b');
      await settle('b', {});
      const io = new FakeIo(env);
      await expect(refresh(io, ['b', 'exmaple-world'], clock)).rejects.toThrow(
        'unknown source "exmaple-world"; did you mean "example-world"?',
      );
      await expect(refresh(io, ['zzz'], clock)).rejects.toThrow('"newswire sources" lists them');
      expect(await nextOf('b')).toMatchObject({ nextCheckMs: noon + 75 * minute });
    });

    it('treats removed sources as unknown', async () => {
      await declare('a', 'b');
      await declare('a');
      await expect(refresh(new FakeIo(env), ['b'], clock)).rejects.toThrow('unknown source "b"');
    });
  });
});
