import { describe, expect, it } from 'vitest';
import { nextPollState } from '../../../src/schedule/rules/next-poll-state.ts';
import {
  after,
  answered,
  dayMs,
  facts,
  failed,
  held,
  hourMs,
  notModified,
  nowMs,
  settled,
  state,
  stored,
} from './poll-fixtures.ts';

describe('a permanent redirect', () => {
  const to = 'https://example.com/feed';
  const polls = (targets: (string | null)[], everyMs: number) => {
    let before = state();
    let at = nowMs;
    const notes: string[][] = [];
    for (const movedTo of targets) {
      const input = { source: { url: 'https://example.org/feed', intervalMs: null }, random: () => 0 };
      const settlement = nextPollState({ ...input, state: before, happened: stored({ movedTo }), nowMs: at });
      notes.push([...settlement.facts.notes]);
      before = after(settlement, before);
      at += everyMs;
    }
    return { movedTo: before.movedTo, notes, memory: before.memory };
  };

  it('is adopted after three good reads over two days', () => {
    expect(polls([to, to, to], dayMs)).toMatchObject({
      movedTo: to,
      notes: [['redirect_candidate'], ['redirect_candidate'], ['redirect_adopted']],
    });
  });

  it('is not adopted before two days have passed', () => {
    expect(polls([to, to, to, to, to], hourMs).movedTo).toBeNull();
  });

  it('is not adopted after two reads however far apart', () => {
    expect(polls([to, to], 10 * dayMs).movedTo).toBeNull();
  });

  it('starts anew when its target flips', () => {
    const flip = polls([to, 'https://example.net/feed', to, 'https://example.net/feed'], 3 * dayMs);
    expect(flip.movedTo).toBeNull();
    expect(flip.notes[1]).toEqual(['redirect_unstable']);
  });

  it('starts anew when the address answers itself in between', () => {
    expect(polls([to, to, null, to, to], 2 * dayMs).movedTo).toBeNull();
  });

  it('is never adopted from https down to http', () => {
    const down = polls(['http://example.com/feed', 'http://example.com/feed', 'http://example.com/feed'], 2 * dayMs);
    expect(down.movedTo).toBeNull();
    expect(down.notes[0]).toEqual(['redirect_not_adoptable']);
  });

  it('is never adopted from an adopted https address down to http', () => {
    const redirect = { url: 'http://example.net/feed', sinceMs: nowMs - 3 * dayMs, successes: 2 };
    const settlement = settled(stored({ movedTo: 'http://example.net/feed' }), {
      url: 'http://example.org/feed',
      state: { movedTo: to },
      memory: { redirect },
    });
    expect(settlement.movedTo).toBe(to);
  });

  it('stays watched through a 304 that did not look', () => {
    const redirect = { url: to, sinceMs: nowMs - 3 * dayMs, successes: 2 };
    expect(settled(notModified(), { memory: { redirect } }).memory.redirect).toEqual(redirect);
  });

  it('counts a 304 that came from there', () => {
    const redirect = { url: to, sinceMs: nowMs - 3 * dayMs, successes: 2 };
    expect(settled(notModified({ movedTo: to }), { memory: { redirect } }).movedTo).toBe(to);
  });

  it('keeps the adopted address while it answers', () => {
    expect(settled(stored(), { state: { movedTo: to } }).movedTo).toBe(to);
  });

  it('is given up when the adopted address fails for days', () => {
    const before = { movedTo: to, failures: 6, firstFailedMs: nowMs - 4 * dayMs };
    const settlement = settled(failed('not_found', { status: 404 }), { state: before });
    expect(settlement.movedTo).toBeNull();
    expect(settlement.validators).toEqual({ etag: null, lastModified: null });
    expect(settlement.facts.notes).toContain('redirect_abandoned');
  });

  it('survives a short failure of the adopted address', () => {
    const before = { movedTo: to, failures: 6, firstFailedMs: nowMs - dayMs };
    expect(settled(failed('not_found', { status: 404 }), { state: before }).movedTo).toBe(to);
  });

  it('survives a few failures that lie days apart because we were off', () => {
    const before = { movedTo: to, failures: 2, firstFailedMs: nowMs - 9 * dayMs };
    expect(settled(failed('not_found', { status: 404 }), { state: before }).movedTo).toBe(to);
  });

  it('asks the declared address before it believes that the adopted one is gone', () => {
    const settlement = settled(answered({ kind: 'gone', facts: facts({ status: 410 }) }), {
      state: { movedTo: to },
      memory: { goneSinceMs: nowMs - 2 * dayMs },
    });
    expect(settlement).toMatchObject({ movedTo: null, goneMs: null });
    expect(settlement.waitMs).toBe(hourMs);
  });

  it('keeps validators when it is not adopted', () => {
    expect(settled(failed('connect_timeout')).validators).toBeNull();
    expect(held.etag).toBe('"a"');
  });
});
