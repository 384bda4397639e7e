import { describe, expect, it } from 'vitest';
import { recordSessionHistory } from '../../../../src/web/live/session/session-history.ts';

const hourMs = 3_600_000;

function watched() {
  const now = { ms: 10 * hourMs, count: 0 };
  const history = recordSessionHistory({ clock: { now: () => now.ms, monotonic: () => 0 }, count: () => now.count });
  history.stop();
  return { now, history };
}

describe('the history of sessions', () => {
  it('keeps the peak of each hour', () => {
    const { now, history } = watched();
    for (const count of [3, 9, 2]) {
      now.count = count;
      history.sample();
    }
    now.ms += hourMs;
    expect(history.read()).toEqual([
      { hourMs: 10 * hourMs, peak: 9 },
      { hourMs: 11 * hourMs, peak: 2 },
    ]);
  });

  it('fills hours without a sample, and drops hours older than a day', () => {
    const { now, history } = watched();
    now.ms += 3 * hourMs;
    now.count = 5;
    expect(history.read().map(({ peak }) => peak)).toEqual([0, 0, 0, 5]);
    now.ms += 22 * hourMs;
    const later = history.read();
    expect(later).toHaveLength(23);
    expect(later[0]).toEqual({ hourMs: 13 * hourMs, peak: 5 });
  });
});
