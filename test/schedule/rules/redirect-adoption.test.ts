import { describe, expect, it } from 'vitest';
import type { Note } from '../../../src/domain/notes/note.ts';
import { nextPollState } from '../../../src/schedule/rules/next-poll-state.ts';
import { noteOf, notesOf } from '../../support/notes.ts';
import {
  answered,
  dayMs,
  facts,
  failed,
  hourMs,
  notModified,
  nowMs,
  pollResultOf,
  pollState,
  stateAfter,
  storedDocument,
  storedValidators,
} from './poll-fixtures.ts';

describe('a permanent redirect', () => {
  const to = 'https://example.com/feed';
  const polls = (targets: (string | null)[], everyMs: number) => {
    let before = pollState();
    let at = nowMs;
    const notes: (readonly Note[])[] = [];
    for (const movedTo of targets) {
      const input = { source: { url: 'https://example.org/feed', intervalMs: null }, random: () => 0 };
      const result = nextPollState({ ...input, state: before, outcome: storedDocument({ movedTo }), nowMs: at });
      notes.push(result.facts.notes);
      before = stateAfter(result, before);
      at += everyMs;
    }
    return { movedTo: before.movedTo, notes, history: before.history };
  };

  it('is adopted after three successful polls over two days', () => {
    expect(polls([to, to, to], dayMs)).toMatchObject({
      movedTo: to,
      notes: [notesOf('redirect_candidate'), notesOf('redirect_candidate'), notesOf('redirect_adopted')],
    });
  });

  it('is not adopted before two days have passed', () => {
    expect(polls([to, to, to, to, to], hourMs).movedTo).toBeNull();
  });

  it('is not adopted after two polls, however far apart', () => {
    expect(polls([to, to], 10 * dayMs).movedTo).toBeNull();
  });

  it('starts over when its target changes', () => {
    const flip = polls([to, 'https://example.net/feed', to, 'https://example.net/feed'], 3 * dayMs);
    expect(flip.movedTo).toBeNull();
    expect(flip.notes[1]).toEqual(notesOf('redirect_unstable'));
  });

  it('starts over when the redirect is absent in between', () => {
    expect(polls([to, to, null, to, to], 2 * dayMs).movedTo).toBeNull();
  });

  it('is never adopted from https to http', () => {
    const down = polls(['http://example.com/feed', 'http://example.com/feed', 'http://example.com/feed'], 2 * dayMs);
    expect(down.movedTo).toBeNull();
    expect(down.notes[0]).toEqual(notesOf('redirect_not_adoptable'));
  });

  it('is never adopted from an adopted https address to http', () => {
    const redirect = { url: 'http://example.net/feed', sinceMs: nowMs - 3 * dayMs, successes: 2 };
    const result = pollResultOf(storedDocument({ movedTo: 'http://example.net/feed' }), {
      url: 'http://example.org/feed',
      state: { movedTo: to },
      history: { redirectCandidate: redirect },
    });
    expect(result.movedTo).toBe(to);
  });

  it('stays a candidate across a 304 without redirect information', () => {
    const redirect = { url: to, sinceMs: nowMs - 3 * dayMs, successes: 2 };
    expect(pollResultOf(notModified(), { history: { redirectCandidate: redirect } }).history.redirectCandidate).toEqual(
      redirect,
    );
  });

  it('counts a 304 from its target', () => {
    const redirect = { url: to, sinceMs: nowMs - 3 * dayMs, successes: 2 };
    expect(pollResultOf(notModified({ movedTo: to }), { history: { redirectCandidate: redirect } }).movedTo).toBe(to);
  });

  it('keeps the adopted address while it works', () => {
    expect(pollResultOf(storedDocument(), { state: { movedTo: to } }).movedTo).toBe(to);
  });

  it('is abandoned if the adopted address fails for days', () => {
    const before = { movedTo: to, failures: 6, firstFailedMs: nowMs - 4 * dayMs };
    const result = pollResultOf(failed('not_found', { status: 404 }), { state: before });
    expect(result.movedTo).toBeNull();
    expect(result.validators).toEqual({ etag: null, lastModified: null });
    expect(result.facts.notes).toContainEqual(noteOf('redirect_abandoned'));
  });

  it('is kept after a short failure of the adopted address', () => {
    const before = { movedTo: to, failures: 6, firstFailedMs: nowMs - dayMs };
    expect(pollResultOf(failed('not_found', { status: 404 }), { state: before }).movedTo).toBe(to);
  });

  it('is kept after few failures days apart because the server was stopped', () => {
    const before = { movedTo: to, failures: 2, firstFailedMs: nowMs - 9 * dayMs };
    expect(pollResultOf(failed('not_found', { status: 404 }), { state: before }).movedTo).toBe(to);
  });

  it('polls the declared address before accepting a 410 of the adopted one', () => {
    const result = pollResultOf(answered({ kind: 'gone', facts: facts({ status: 410 }) }), {
      state: { movedTo: to },
      history: { goneSinceMs: nowMs - 2 * dayMs },
    });
    expect(result).toMatchObject({ movedTo: null, goneMs: null });
    expect(result.waitMs).toBe(hourMs);
  });

  it('keeps validators when it is not adopted', () => {
    expect(pollResultOf(failed('connect_timeout')).validators).toBeNull();
    expect(storedValidators.etag).toBe('"a"');
  });
});
