import { describe, expect, it } from 'vitest';
import { emptyPollHistory, type PollHistory } from '../../../src/domain/polling/poll.ts';
import { adaptiveInterval } from '../../../src/schedule/rules/adaptive-interval.ts';
import { nextPollState } from '../../../src/schedule/rules/next-poll-state.ts';
import { dayMs, hourMs, minuteMs, nowMs, pollHistory, pollState, stateAfter, storedDocument } from './poll-fixtures.ts';

const interval = (part: Partial<PollHistory>, validatorsHeld = true): number =>
  adaptiveInterval({ ...emptyPollHistory, ...part }, { nowMs, validatorsHeld }).intervalMs;

/** Polls with new items, the newest `agoMs` ago, the others `gapMs` apart. */
const news = (gapMs: number, count = 20, agoMs = 0): number[] =>
  Array.from({ length: count }, (_, n) => nowMs - agoMs - n * gapMs);

describe('adaptiveInterval', () => {
  it('is an hour for a source without history', () => {
    expect(interval({})).toBe(hourMs);
  });

  it('is half the mean gap between polls with new items', () => {
    expect(interval({ newItemsAtMs: news(6 * hourMs) })).toBe(3 * hourMs);
  });

  it('is at most a quarter of a day if items arrive every week', () => {
    expect(interval({ newItemsAtMs: news(3 * dayMs) })).toBe(6 * hourMs);
  });

  it.each([
    [7, 6],
    [14, 12],
    [30, 24],
    [400, 24],
  ])('is lengthened after %d days without items to %d hours', (days, hours) => {
    expect(interval({ newItemsAtMs: news(2 * hourMs, 20, days * dayMs) })).toBe(hours * hourMs);
  });

  it('grows if the time since the last item exceeds the usual gap', () => {
    const usual = interval({ newItemsAtMs: news(3 * hourMs) });
    const silent = interval({ newItemsAtMs: news(3 * hourMs, 20, 5 * dayMs) });
    expect(silent).toBeGreaterThan(usual);
  });

  it('shortens at once if a quiet source becomes active', () => {
    const woken = [...news(2 * hourMs, 6), nowMs - 300 * dayMs];
    expect(interval({ newItemsAtMs: woken })).toBe(hourMs);
  });

  it('is at least an hour if the mean gap exceeds half an hour', () => {
    expect(interval({ newItemsAtMs: news(40 * minuteMs) })).toBe(hourMs);
  });

  it('is at least five minutes if the mean gap is shorter', () => {
    expect(interval({ newItemsAtMs: news(20 * minuteMs) })).toBe(10 * minuteMs);
    expect(interval({ newItemsAtMs: news(minuteMs) })).toBe(5 * minuteMs);
  });

  it('is at least an hour if no validators are stored', () => {
    expect(interval({ newItemsAtMs: news(10 * minuteMs) }, false)).toBe(hourMs);
  });

  it('needs more than two polls with new items to fall below an hour', () => {
    expect(interval({ newItemsAtMs: news(5 * minuteMs, 2) })).toBe(hourMs);
  });

  it('is shortened by a streak of polls with new items', () => {
    expect(interval({ newItemsAtMs: news(hourMs), newItemsStreak: 2 })).toBe(hourMs);
    expect(interval({ newItemsAtMs: news(hourMs), newItemsStreak: 6 })).toBe(10 * minuteMs);
  });

  it('is at least an hour for a flood and ignores its streak', () => {
    expect(interval({ newItemsAtMs: news(20 * minuteMs), disjointDocuments: 6 })).toBe(hourMs);
    expect(interval({ newItemsAtMs: news(4 * hourMs), newItemsStreak: 8, disjointDocuments: 6 })).toBe(2 * hourMs);
    expect(interval({ newItemsAtMs: news(4 * hourMs), newItemsStreak: 8, disjointDocuments: 5 })).toBe(hourMs);
  });

  it('is halved by each consecutive document without a known item, down to an hour', () => {
    const newItemsAtMs = news(20 * hourMs);
    expect(interval({ newItemsAtMs })).toBe(6 * hourMs);
    expect(interval({ newItemsAtMs, disjointDocuments: 1 })).toBe(3 * hourMs);
    expect(interval({ newItemsAtMs, disjointDocuments: 2 })).toBe(1.5 * hourMs);
    expect(interval({ newItemsAtMs, disjointDocuments: 5 })).toBe(hourMs);
    expect(interval({ newItemsAtMs, disjointDocuments: 6 })).toBe(6 * hourMs);
  });

  it.each([
    [1, 4],
    [2, 8],
    [3, 16],
    [4, 24],
    [99, 24],
  ])('after %d repeated full responses is %d hours', (unchangedBodies, hours) => {
    expect(interval({ newItemsAtMs: news(20 * minuteMs), unchangedBodies })).toBe(hours * hourMs);
  });
});

/** Polls a source for days; `document` returns the result of a poll from the time since the last one. */
function poll(days: number, document: (sinceMs: number, n: number) => Parameters<typeof storedDocument>[0]) {
  let before = pollState({ history: pollHistory({ newItemsAtMs: [nowMs] }) });
  let at = nowMs + hourMs;
  let last = nowMs;
  const waits: number[] = [];
  for (let n = 0; at < nowMs + days * dayMs; n += 1) {
    const result = nextPollState({
      source: { url: 'https://example.org/feed', intervalMs: null },
      state: before,
      outcome: storedDocument(document(at - last, n)),
      nowMs: at,
      random: () => 0.5,
    });
    waits.push(result.nextCheckMs - at);
    before = stateAfter(result, before);
    last = at;
    at = result.nextCheckMs;
  }
  return waits;
}

describe('adaptiveInterval over simulated polls', () => {
  it('falls to minutes for a source with frequent items', () => {
    const waits = poll(1, (sinceMs) => ({ added: Math.floor(sinceMs / (4 * minuteMs)) }));
    expect(Math.max(...waits.slice(-10))).toBeLessThanOrEqual(15 * minuteMs);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(5 * minuteMs);
  });

  it('stays at an hour for a source with an item every two hours', () => {
    const waits = poll(3, (_since, n) => ({ added: n % 2 }));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(hourMs);
    expect(waits.length).toBeLessThanOrEqual(3 * 24);
  });

  it('is not shortened by new guids at every poll', () => {
    const waits = poll(7, () => ({ added: 500, unchanged: [] }));
    // One short interval distinguishes a flood from a feed faster than the polls.
    expect(waits.filter((ms) => ms < hourMs).length).toBeLessThanOrEqual(1);
  });

  it('is shortened for a feed that outruns the polls once documents overlap again', () => {
    const waits = poll(1, (sinceMs) => {
      const added = Math.min(20, Math.floor(sinceMs / (2 * minuteMs)));
      return { added, unchanged: Array.from({ length: 20 - added }, (_, n) => `k${n}`) };
    });
    expect(Math.max(...waits.slice(-10))).toBeLessThanOrEqual(20 * minuteMs);
  });

  it('polls a source without new items at most 24 times on its first day and finally once a day', () => {
    const waits = poll(45, () => ({}));
    const firstDay = waits.reduce((sum, ms, n) => (sum.ms < dayMs ? { ms: sum.ms + ms, polls: n } : sum), {
      ms: 0,
      polls: 0,
    });
    expect(firstDay.polls).toBeLessThanOrEqual(24);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(dayMs);
  });
});
