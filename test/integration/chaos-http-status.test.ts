import { describe, expect, it } from 'vitest';
import { requestRefresh } from '../../src/store/sources/source-state.ts';
import { document, laterDocument } from '../support/chaos/chaos-case.ts';
import { chaosSource } from '../support/chaos/polling-harness.ts';
import { type CaseRun, casesOf, createChaosSuite, dayMs, hourMs } from '../support/chaos/run-chaos-cases.ts';

const theatre = createChaosSuite('http-status');

/** Lets an operator ask for everything, an hour on, and checks that nobody is disturbed before the time. */
async function expectUndisturbed(show: CaseRun, untilMs: number): Promise<void> {
  const asked = show.chaos.origin.requests.length;
  await requestRefresh(show.harness.store, null, show.harness.nowMs + hourMs);
  const report = await show.report();
  expect(report.nextCheckMs).toBeGreaterThanOrEqual(untilMs);
  await show.poll({ of: ['sibling'] });
  expect(show.chaos.origin.requests).toHaveLength(asked);
}

describe('validators', () => {
  it.each(['8 KB', 'two'])('H28, %s: that cannot be sent back are left out, and reading goes on', async (variant) => {
    const show = await theatre.open('H28', variant);
    await show.readGoodDocument();
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', failure: null, notes: ['bad_validator'] });
    expect((await show.harness.state('chaos')).validators).toMatchObject({ etag: null, lastModified: null });
    await show.poll();
    expect(show.chaos.origin.requests[2]?.headers['if-none-match']).toBeUndefined();
    expect(await show.report()).toMatchObject({ failure: null });
  });

  it('H28: that look like line breaks go back as they came and break no line', async () => {
    const show = await theatre.open('H28', 'looks like CR and LF');
    await show.readGoodDocument();
    await show.poll();
    await show.poll();
    const third = show.chaos.origin.requests[2];
    expect(third?.headers['if-none-match']).toBe((await show.harness.state('chaos')).validators.etag);
    expect(third?.headers['x-injected']).toBeUndefined();
  });

  it('H29: missing, 304 is no answer to a source that was never read', async () => {
    const show = await theatre.open('H29', 'never read');
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'failed', failure: 'unexpected_304', firstReadDone: false });
  });

  it('H29: missing, 304 is no answer to one that was', async () => {
    const show = await theatre.open('H29', 'without validators');
    await show.expectFailure('unexpected_304', await show.readGoodDocument());
  });

  it('H31: that are reused for another body hide nothing', async () => {
    const show = await theatre.open('H31', 'reused');
    await show.readGoodDocument();
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', notes: ['etag_reused'] });
    expect((await show.items())[0]?.title).toBe('Story 4 of the herald');
  });

  it('H32: that change with each answer make no news and slow the reading down', async () => {
    const show = await theatre.open('H32', 'changing');
    const before = await show.readGoodDocument();
    const waits: number[] = [];
    for (let poll = 1; poll <= 4; poll += 1) {
      await show.poll();
      const report = await show.report();
      expect(report).toMatchObject({ outcome: 'not-modified', status: 200, notes: ['unchanged_body'] });
      waits.push((report.nextCheckMs - show.harness.nowMs) / hourMs / 1.05);
    }
    expect(waits).toEqual([4, 8, 16, 24]);
    const after = await show.snapshot();
    expect(after.items).toEqual(before.items);
    expect(after.feeds).toEqual(before.feeds);
    expect(show.chaos.origin.requests.at(-1)?.headers['if-none-match']).toBe('"edition-4"');
  });
});

describe('429', () => {
  it('H33: is heeded in full, whoever asks and whatever restarts', async () => {
    const show = await theatre.open('H33', 'day');
    const before = await show.readGoodDocument();
    await show.poll();
    const untilMs = show.harness.nowMs + dayMs;
    const report = await show.report();
    expect(report).toMatchObject({ outcome: 'throttled', status: 429, failure: null, notes: ['rate_limited'] });
    expect(report.nextCheckMs).toBeGreaterThanOrEqual(untilMs);
    expect(report.nextCheckWhy).toBe('Retry-After 1 d (rate limited)');
    await expectUndisturbed(show, untilMs);
    await show.harness.restart();
    await expectUndisturbed(show, untilMs);
    await show.expectUnchanged(before);
    await show.poll();
    expect(show.harness.nowMs).toBeGreaterThanOrEqual(untilMs);
    expect(await show.report()).toMatchObject({ outcome: 'not-modified', failures: 0 });
  });

  it('H33: spares the whole host for a while', async () => {
    const mate = (url: string) => [chaosSource('mate', url.replace(/\/H33.*/, '/mate'))];
    const show = await theatre.open('H33', 'day', { siblings: mate });
    show.chaos.origin.on('/mate', document(laterDocument));
    await show.poll({ of: ['chaos', 'mate', 'sibling'] });
    // Both are due, the one that will be told off first; its answer comes before the other is started.
    await show.harness.makeDue('chaos', show.harness.nowMs);
    await show.harness.makeDue('mate', show.harness.nowMs + 1);
    const { results } = await show.harness.poll(['chaos'], { hostConcurrency: 1, extraMs: 300 });
    expect(results.get('chaos')?.hostPauseMs).toBe(15 * 60_000);
    expect(show.chaos.origin.to('/mate')).toHaveLength(1);
  });

  it('H34: with a second to wait is answered with a longer wait each time', async () => {
    const show = await theatre.open('H34', 'second');
    const before = await show.readGoodDocument();
    const waits: number[] = [];
    for (let poll = 1; poll <= 4; poll += 1) {
      await show.poll();
      expect(await show.report()).toMatchObject({ outcome: 'throttled', notes: ['rate_limited'] });
      waits.push(((await show.report()).nextCheckMs - show.harness.nowMs) / hourMs);
    }
    expect(waits).toEqual([0.75, 1.5, 3, 6]);
    await show.expectUnchanged(before);
  });
});

describe('503', () => {
  it('H35: until the year 9999 is heeded for a week', async () => {
    const show = await theatre.open('H35', 'year 9999');
    const before = await show.readGoodDocument();
    await show.poll();
    const report = await show.report();
    expect(report).toMatchObject({ outcome: 'throttled', notes: ['retry_after_capped', 'unavailable'] });
    expect(report.nextCheckMs - show.harness.nowMs).toBe(7 * dayMs * 1.05);
    await show.expectUnchanged(before);
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'not-modified', failures: 0 });
  });

  it('H35: until a time gone by is a failure like others', async () => {
    const show = await theatre.open('H35', 'past');
    const before = await show.readGoodDocument();
    await show.poll();
    const report = await show.report();
    expect(report).toMatchObject({ outcome: 'throttled', notes: ['unavailable'], firstFailedMs: null });
    expect(report.nextCheckMs - show.harness.nowMs).toBe(0.75 * hourMs);
    await show.expectUnchanged(before);
  });
});

describe('410', () => {
  it('H36: once is not believed', async () => {
    const show = await theatre.open('H36', 'once');
    const before = await show.readGoodDocument();
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'gone', goneMs: null, notes: ['gone_suspected'] });
    expect((await show.report()).nextCheckMs - show.harness.nowMs).toBe(dayMs * 1.05);
    await show.expectUnchanged(before);
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', notes: [], failures: 0, firstFailedMs: null });
    expect(await show.items()).toHaveLength(4);
  });

  it('H37: again a day later is, and the items stay', async () => {
    const show = await theatre.open('H37', 'gone');
    const before = await show.readGoodDocument();
    await show.poll();
    await show.poll();
    const report = await show.report();
    expect(report).toMatchObject({ outcome: 'gone', goneMs: show.harness.nowMs, notes: ['gone'] });
    expect(report.nextCheckWhy).toBe('gone: polling stopped');
    await show.expectUnchanged(before);
    await requestRefresh(show.harness.store, null, show.harness.nowMs + 400 * dayMs);
    await show.poll({ of: ['sibling'], atMs: show.harness.nowMs + 400 * dayMs });
    expect(show.chaos.origin.requests).toHaveLength(3);
  });

  it('H37: is taken back when the operator asks for the source by name', async () => {
    const show = await theatre.open('H37', 'gone');
    await show.readGoodDocument();
    await show.poll();
    await show.poll();
    show.chaos.origin.on('/H37/gone', document(laterDocument));
    await requestRefresh(show.harness.store, ['chaos'], show.harness.nowMs + hourMs);
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', goneMs: null });
    expect(await show.items()).toHaveLength(4);
  });
});

describe('404', () => {
  it('H38: for sixty days leads to a probe a week, which finds the source again', async () => {
    const show = await theatre.open('H38', 'long');
    const before = await show.readGoodDocument();
    const untilMs = show.harness.nowMs + 60 * dayMs;
    const dead: number[] = [];
    while (show.harness.nowMs < untilMs) {
      const { nextCheckMs } = await show.report();
      if (nextCheckMs > untilMs) break;
      await show.poll();
      expect(await show.report()).toMatchObject({ outcome: 'failed', failure: 'not_found' });
      if ((await show.notes()).includes('presumed_dead'))
        dead.push((await show.report()).nextCheckMs - show.harness.nowMs);
    }
    expect(dead).toEqual(Array(5).fill(7 * dayMs * 1.05));
    expect((await show.report()).nextCheckWhy).toContain('weekly probe, failing since');
    await show.expectUnchanged(before);
    show.chaos.origin.on('/H38/long', document(laterDocument));
    await show.poll();
    expect(show.harness.nowMs - untilMs).toBeLessThan(8 * dayMs);
    expect(await show.report()).toMatchObject({ outcome: 'fresh', notes: [], failures: 0, firstFailedMs: null });
    expect(await show.items()).toHaveLength(4);
  });
});

describe('a challenge', () => {
  it('H39: is told as such, read by nobody and not repeated for hours', async () => {
    const show = await theatre.open('H39', 'challenge');
    const before = await show.readGoodDocument();
    await show.poll();
    const report = await show.report();
    expect(report).toMatchObject({ outcome: 'failed', failure: 'challenge', status: 403 });
    expect(report.nextCheckMs - show.harness.nowMs).toBeGreaterThanOrEqual(4 * hourMs);
    await show.expectUnchanged(before);
  });
});

describe('the table', () => {
  it('has every case of the theme', () => {
    expect(theatre.recordedCases()).toEqual(casesOf('http-status'));
  });
});
