import { beforeEach, describe, expect, it } from 'vitest';
import { listWebhooks, replayWebhook, resumeWebhook } from '../../../src/cli/commands/webhooks-command.ts';
import { runCommand } from '../../../src/cli/program.ts';
import type { WebhookState } from '../../../src/domain/events/webhook.ts';
import { readHead, trimEvents } from '../../../src/store/log/event-log.ts';
import { declareWebhooks, readWebhook, updateWebhookState } from '../../../src/store/log/webhook-states.ts';
import { anItemDraft, day, minute, noon } from '../../support/builders.ts';
import { createStoreFixture } from '../../support/store-fixture.ts';
import { FakeIo } from '../fake-io.ts';
import { useCliDatabase } from '../use-cli-database.ts';

const clock = { now: () => noon + 10 * minute, monotonic: () => 0 };
const url = 'https://example.org/hooks/news';

describe('newswire webhooks', () => {
  const database = useCliDatabase();
  let epoch: string;

  beforeEach(async () => {
    const fixture = await createStoreFixture(database.server, 'a');
    await fixture.open('a');
    await fixture.read('a', [anItemDraft('one'), anItemDraft('two')]);
    await declareWebhooks(database.server, [{ id: 'example', url }], noon);
    await fixture.read('a', [anItemDraft('three'), anItemDraft('four'), anItemDraft('five')]);
    epoch = (await readHead(database.server.reader)).epoch;
  });

  async function hook(): Promise<WebhookState> {
    const state = await readWebhook(database.server.reader, 'example');
    if (state === null) throw new Error('no webhook');
    return state;
  }

  async function set(over: Partial<WebhookState>): Promise<void> {
    const before = await hook();
    expect(await updateWebhookState(database.server, before, { ...before, ...over })).toBe(true);
  }

  async function list(options: { all?: boolean; json?: boolean } = {}, columns: number | null = null) {
    const io = new FakeIo(database.env, columns);
    expect(await listWebhooks(io, options, clock)).toBe(0);
    expect(io.stderr).toBe('');
    return io.stdout;
  }

  it('shows state, events behind and next attempt of each webhook', async () => {
    const [head, row] = (await list()).split('\n');
    expect(head).toMatch(/^ID +STATE +CURSOR +BEHIND +DELIVERED +LAST ATTEMPT +NEXT ATTEMPT +NOTE$/);
    expect(row).toMatch(new RegExp(`^example {2}new +${epoch}-2 +3 +0 {2}never +now$`));
    await set({ seq: 5 });
    expect((await list()).split('\n')[1]).toMatch(/-5 +0 +0 {2}never +on events$/);
    await set({
      seq: 4,
      failures: 3,
      nextAttemptMs: noon + 75 * minute,
      lastOutcome: 'failed',
      lastDetail: 'HTTP 500\u001b[31m',
      lastAttemptMs: noon,
      delivered: 2,
    });
    const line = (await list()).split('\n')[1];
    expect(line).toMatch(/^example {2}failing x3 {2}\S+-4 +1 +2 {2}10 min ago +in 1 h +HTTP 500/);
    expect(line).not.toContain('\u001b');
    await set({ pausedMs: noon });
    expect(await list()).toMatch(/^example {2}paused x3 .* never /m);
  });

  it('omits removed webhooks without --all', async () => {
    await declareWebhooks(database.server, [], noon);
    expect(await list()).toBe('No webhooks yet. "newswire serve" reads them from FEEDS_DIR.\n');
    expect(await list({ all: true })).toMatch(/^example {2}removed /m);
  });

  it('fits the terminal', async () => {
    await set({ failures: 1, lastDetail: 'word '.repeat(60), lastOutcome: 'failed' });
    expect((await list({}, 90)).split('\n').every((line) => line.length <= 90)).toBe(true);
  });

  it('prints the same as JSON with ISO 8601 times', async () => {
    await set({
      seq: 4,
      announcedSeq: 3,
      lastOutcome: 'delivered',
      lastStatus: 204,
      lastAttemptMs: noon,
      lastSuccessMs: noon,
    });
    expect(JSON.parse(await list({ json: true }))).toEqual({
      webhooks: [
        {
          id: 'example',
          url,
          condition: 'ok',
          cursor: `${epoch}-4`,
          announcedCursor: `${epoch}-3`,
          behind: 1,
          delivered: 0,
          failures: 0,
          failingSince: null,
          outcome: 'delivered',
          status: 204,
          detail: null,
          lastAttemptAt: '2026-03-01T12:00:00.000Z',
          lastSuccessAt: '2026-03-01T12:00:00.000Z',
          nextAttemptAt: null,
          pausedAt: null,
          removedAt: null,
        },
      ],
    });
    await set({ epoch: 'gone', failures: 1, nextAttemptMs: noon });
    expect(JSON.parse(await list({ json: true })).webhooks[0]).toMatchObject({
      behind: null,
      nextAttemptAt: '2026-03-01T12:00:00.000Z',
    });
  });

  it.each([
    ['floor', 0],
    ['head', 5],
    ['cursor', 3],
  ])('moves a webhook to %s to deliver the following events again', async (after, seq) => {
    await set({ seq: 4, announcedSeq: 4, pausedMs: noon, failures: 2 });
    const io = new FakeIo(database.env);
    expect(await replayWebhook(io, 'example', { after: after === 'cursor' ? `${epoch}-3` : after })).toBe(0);
    expect(io.stdout).toBe(
      `example will be sent all events after ${epoch}-${seq}; a running server starts within a second.\n`,
    );
    expect(await hook()).toMatchObject({ epoch, seq, announcedSeq: seq, pausedMs: null, failures: 0 });
  });

  it('refuses a cursor outside the log, prints the valid range, and accepts its bounds', async () => {
    await trimEvents(database.server, { nowMs: noon + day, maxAgeMs: 7 * day, maxEvents: 2 });
    for (const after of [`${epoch}-2`, `${epoch}-6`, 'other-3']) {
      await expect(replayWebhook(new FakeIo(database.env), 'example', { after })).rejects.toThrow(
        `the event log cannot be read after "${after}"; the range is ${epoch}-3 to ${epoch}-5`,
      );
    }
    expect((await hook()).seq).toBe(2);
    for (const after of [`${epoch}-3`, `${epoch}-5`]) {
      expect(await replayWebhook(new FakeIo(database.env), 'example', { after })).toBe(0);
    }
  });

  it('resumes a webhook at its position', async () => {
    await set({ pausedMs: noon, failures: 2, nextAttemptMs: noon + day });
    const io = new FakeIo(database.env);
    expect(await resumeWebhook(io, 'example')).toBe(0);
    expect(io.stdout).toContain(`example continues after ${epoch}-2;`);
    expect(await hook()).toMatchObject({ seq: 2, pausedMs: null, failures: 0, nextAttemptMs: 0 });
  });

  it('reports an unknown webhook, and suggests a similar id', async () => {
    await expect(resumeWebhook(new FakeIo(database.env), 'exmaple')).rejects.toThrow(
      'unknown webhook "exmaple"; did you mean "example"?',
    );
    await declareWebhooks(database.server, [], noon);
    await expect(replayWebhook(new FakeIo(database.env), 'example', { after: 'head' })).rejects.toThrow(
      'unknown webhook "example"; "newswire webhooks" lists them',
    );
  });

  it('is a command with two subcommands', async () => {
    const run = async (...args: string[]) => {
      const io = new FakeIo(database.env);
      return [await runCommand(['webhooks', ...args], io), io.stdout + io.stderr] as const;
    };
    expect(await run()).toEqual([0, expect.stringMatching(/^ID .*\nexample /)]);
    expect(await run('--json')).toEqual([0, expect.stringMatching(/^\{\n {2}"webhooks"/)]);
    expect(await run('replay', 'example', '--after', 'floor')).toEqual([0, expect.stringContaining(`${epoch}-0;`)]);
    expect(await run('resume', 'example')).toEqual([0, expect.stringContaining('continues after')]);
    expect((await run('replay', 'example'))[0]).toBe(2);
    expect((await run('replay', 'example', '--after', 'soon'))[0]).toBe(2);
    expect((await run('nonsense'))[0]).toBe(2);
  });
});
