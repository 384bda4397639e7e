import { describe, expect, it } from 'vitest';
import { hasNote } from '../../src/domain/notes/note.ts';
import { requestRefresh } from '../../src/store/sources/source-state.ts';
import { document, laterDocument } from '../support/chaos/chaos-case.ts';
import { chaosSource } from '../support/chaos/polling-harness.ts';
import { type CaseRun, casesOf, createChaosSuite, dayMs, hourMs } from '../support/chaos/run-chaos-cases.ts';
import { notesOf } from '../support/notes.ts';

const suite = createChaosSuite('http-status');

/** Requests a refresh of all sources an hour later, and checks that no origin is polled before its time. */
async function expectUndisturbed(run: CaseRun, untilMs: number): Promise<void> {
  const asked = run.chaos.origin.requests.length;
  await requestRefresh(run.harness.store, null, run.harness.nowMs + hourMs);
  const report = await run.report();
  expect(report.nextCheckMs).toBeGreaterThanOrEqual(untilMs);
  await run.poll({ of: ['sibling'] });
  expect(run.chaos.origin.requests).toHaveLength(asked);
}

describe('validators', () => {
  it.each([
    '8 KB',
    'two',
  ])('H28, %s: that cannot be sent back are discarded, and polling continues', async (variant) => {
    const run = await suite.open('H28', variant);
    await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null, notes: notesOf('bad_validator') });
    expect((await run.harness.state('chaos')).validators).toMatchObject({ etag: null, lastModified: null });
    await run.poll();
    expect(run.chaos.origin.requests[2]?.headers['if-none-match']).toBeUndefined();
    expect(await run.report()).toMatchObject({ failure: null });
  });

  it('H28: that look like line breaks are sent back unchanged and inject no header', async () => {
    const run = await suite.open('H28', 'looks like CR and LF');
    await run.readGoodDocument();
    await run.poll();
    await run.poll();
    const third = run.chaos.origin.requests[2];
    expect(third?.headers['if-none-match']).toBe((await run.harness.state('chaos')).validators.etag);
    expect(third?.headers['x-injected']).toBeUndefined();
  });

  it('H29: a 304 is a failure if the source was never read', async () => {
    const run = await suite.open('H29', 'never read');
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'failed', failure: 'unexpected_304', firstReadDone: false });
  });

  it('H29: a 304 is a failure if no validators were sent', async () => {
    const run = await suite.open('H29', 'without validators');
    await run.expectFailure('unexpected_304', await run.readGoodDocument());
  });

  it('H31: that are reused for another body hide no items', async () => {
    const run = await suite.open('H31', 'reused');
    await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', notes: notesOf('etag_reused') });
    expect((await run.items())[0]?.title).toBe('Story 4 of the herald');
  });

  it('H32: that change with each response add no items and lengthen the interval', async () => {
    const run = await suite.open('H32', 'changing');
    const before = await run.readGoodDocument();
    const waits: number[] = [];
    for (let poll = 1; poll <= 4; poll += 1) {
      await run.poll();
      const report = await run.report();
      expect(report).toMatchObject({ outcome: 'not-modified', status: 200, notes: notesOf('unchanged_body') });
      waits.push((report.nextCheckMs - run.harness.nowMs) / hourMs / 1.05);
    }
    expect(waits).toEqual([4, 8, 16, 24]);
    const after = await run.snapshot();
    expect(after.items).toEqual(before.items);
    expect(after.feeds).toEqual(before.feeds);
    expect(run.chaos.origin.requests.at(-1)?.headers['if-none-match']).toBe('"edition-4"');
  });
});

describe('429', () => {
  it('H33: is respected completely, also on request and across restarts', async () => {
    const run = await suite.open('H33', 'day');
    const before = await run.readGoodDocument();
    await run.poll();
    const untilMs = run.harness.nowMs + dayMs;
    const report = await run.report();
    expect(report).toMatchObject({ outcome: 'throttled', status: 429, failure: null, notes: notesOf('rate_limited') });
    expect(report.nextCheckMs).toBeGreaterThanOrEqual(untilMs);
    expect(report.nextCheckReason).toEqual({ code: 'retry_after', waitMs: dayMs, throttling: 'rate_limited' });
    await expectUndisturbed(run, untilMs);
    await run.harness.restart();
    await expectUndisturbed(run, untilMs);
    await run.expectUnchanged(before);
    await run.poll();
    expect(run.harness.nowMs).toBeGreaterThanOrEqual(untilMs);
    expect(await run.report()).toMatchObject({ outcome: 'not-modified', failures: 0 });
  });

  it('H33: pauses the whole host', async () => {
    const mate = (url: string) => [chaosSource('mate', url.replace(/\/H33.*/, '/mate'))];
    const run = await suite.open('H33', 'day', { siblings: mate });
    run.chaos.origin.on('/mate', document(laterDocument));
    await run.poll({ of: ['chaos', 'mate', 'sibling'] });
    // Both are due, first the one that gets the 429. Its response arrives before the other poll starts.
    await run.harness.makeDue('chaos', run.harness.nowMs);
    await run.harness.makeDue('mate', run.harness.nowMs + 1);
    const { results } = await run.harness.poll(['chaos'], { hostConcurrency: 1, extraMs: 300 });
    expect(results.get('chaos')?.hostPauseMs).toBe(15 * 60_000);
    expect(run.chaos.origin.to('/mate')).toHaveLength(1);
  });

  it('H34: with a second of Retry-After increases the delay each time', async () => {
    const run = await suite.open('H34', 'second');
    const before = await run.readGoodDocument();
    const waits: number[] = [];
    for (let poll = 1; poll <= 4; poll += 1) {
      await run.poll();
      expect(await run.report()).toMatchObject({ outcome: 'throttled', notes: notesOf('rate_limited') });
      waits.push(((await run.report()).nextCheckMs - run.harness.nowMs) / hourMs);
    }
    expect(waits).toEqual([0.75, 1.5, 3, 6]);
    await run.expectUnchanged(before);
  });
});

describe('503', () => {
  it('H35: until the year 9999 is respected for a week', async () => {
    const run = await suite.open('H35', 'year 9999');
    const before = await run.readGoodDocument();
    await run.poll();
    const report = await run.report();
    expect(report).toMatchObject({ outcome: 'throttled', notes: notesOf('retry_after_capped', 'unavailable') });
    expect(report.nextCheckMs - run.harness.nowMs).toBe(7 * dayMs * 1.05);
    await run.expectUnchanged(before);
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'not-modified', failures: 0 });
  });

  it('H35: until a past time uses the default back-off', async () => {
    const run = await suite.open('H35', 'past');
    const before = await run.readGoodDocument();
    await run.poll();
    const report = await run.report();
    expect(report).toMatchObject({ outcome: 'throttled', notes: notesOf('unavailable'), firstFailedMs: null });
    expect(report.nextCheckMs - run.harness.nowMs).toBe(0.75 * hourMs);
    await run.expectUnchanged(before);
  });
});

describe('410', () => {
  it('H36: once does not stop polling', async () => {
    const run = await suite.open('H36', 'once');
    const before = await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'gone', goneMs: null, notes: notesOf('gone_suspected') });
    expect((await run.report()).nextCheckMs - run.harness.nowMs).toBe(dayMs * 1.05);
    await run.expectUnchanged(before);
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', notes: [], failures: 0, firstFailedMs: null });
    expect(await run.items()).toHaveLength(4);
  });

  it('H37: repeated a day later stops polling and keeps the items', async () => {
    const run = await suite.open('H37', 'gone');
    const before = await run.readGoodDocument();
    await run.poll();
    await run.poll();
    const report = await run.report();
    expect(report).toMatchObject({ outcome: 'gone', goneMs: run.harness.nowMs, notes: notesOf('gone') });
    expect(report.nextCheckReason).toEqual({ code: 'gone' });
    await run.expectUnchanged(before);
    await requestRefresh(run.harness.store, null, run.harness.nowMs + 400 * dayMs);
    await run.poll({ of: ['sibling'], atMs: run.harness.nowMs + 400 * dayMs });
    expect(run.chaos.origin.requests).toHaveLength(3);
  });

  it('H37: is revoked when the operator requests the source', async () => {
    const run = await suite.open('H37', 'gone');
    await run.readGoodDocument();
    await run.poll();
    await run.poll();
    run.chaos.origin.on('/H37/gone', document(laterDocument));
    await requestRefresh(run.harness.store, ['chaos'], run.harness.nowMs + hourMs);
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', goneMs: null });
    expect(await run.items()).toHaveLength(4);
  });
});

describe('404', () => {
  it('H38: for sixty days leads to weekly polls, which find the source again', async () => {
    const run = await suite.open('H38', 'long');
    const before = await run.readGoodDocument();
    const untilMs = run.harness.nowMs + 60 * dayMs;
    const dead: number[] = [];
    while (run.harness.nowMs < untilMs) {
      const { nextCheckMs } = await run.report();
      if (nextCheckMs > untilMs) break;
      await run.poll();
      expect(await run.report()).toMatchObject({ outcome: 'failed', failure: 'not_found' });
      if (hasNote(await run.notes(), 'presumed_dead')) dead.push((await run.report()).nextCheckMs - run.harness.nowMs);
    }
    expect(dead).toEqual(Array(5).fill(7 * dayMs * 1.05));
    expect((await run.report()).nextCheckReason.code).toBe('weekly_probe');
    await run.expectUnchanged(before);
    run.chaos.origin.on('/H38/long', document(laterDocument));
    await run.poll();
    expect(run.harness.nowMs - untilMs).toBeLessThan(8 * dayMs);
    expect(await run.report()).toMatchObject({ outcome: 'fresh', notes: [], failures: 0, firstFailedMs: null });
    expect(await run.items()).toHaveLength(4);
  });
});

describe('a challenge', () => {
  it('H39: is recorded as such, not parsed and not retried for hours', async () => {
    const run = await suite.open('H39', 'challenge');
    const before = await run.readGoodDocument();
    await run.poll();
    const report = await run.report();
    expect(report).toMatchObject({ outcome: 'failed', failure: 'challenge', status: 403 });
    expect(report.nextCheckMs - run.harness.nowMs).toBeGreaterThanOrEqual(4 * hourMs);
    await run.expectUnchanged(before);
  });
});

describe('the suite', () => {
  it('runs every case of the theme', () => {
    expect(suite.recordedCases()).toEqual(casesOf('http-status'));
  });
});
