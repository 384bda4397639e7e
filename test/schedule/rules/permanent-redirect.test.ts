import { describe, expect, it } from 'vitest';
import { evaluateRedirect } from '../../../src/schedule/rules/permanent-redirect.ts';
import { noteOf } from '../../support/notes.ts';
import { dayMs, hourMs, nowMs } from './poll-fixtures.ts';

const requested = 'https://example.org/feed';
const movedTo = 'https://example.com/feed';

describe('evaluateRedirect', () => {
  it('makes a new target the candidate', () => {
    expect(evaluateRedirect(null, { requested, movedTo, nowMs })).toEqual({
      candidate: { url: movedTo, sinceMs: nowMs, successes: 1 },
      adopted: null,
      note: noteOf('redirect_candidate'),
    });
  });

  it('adopts the candidate at the third successful poll after two days', () => {
    const watched = { url: movedTo, sinceMs: nowMs - 2 * dayMs, successes: 2 };
    expect(evaluateRedirect(watched, { requested, movedTo, nowMs }).adopted).toBe(movedTo);
    const soon = { ...watched, sinceMs: nowMs - 47 * hourMs };
    expect(evaluateRedirect(soon, { requested, movedTo, nowMs }).adopted).toBeNull();
  });

  it('notes that the redirect ended', () => {
    const watched = { url: movedTo, sinceMs: nowMs, successes: 2 };
    expect(evaluateRedirect(watched, { requested, movedTo: null, nowMs })).toEqual({
      candidate: null,
      adopted: null,
      note: noteOf('redirect_ended'),
    });
  });

  it('notes nothing without a redirect', () => {
    expect(evaluateRedirect(null, { requested, movedTo: null, nowMs }).note).toBeNull();
  });

  it('ignores a redirect to the address itself', () => {
    expect(evaluateRedirect(null, { requested, movedTo: requested, nowMs }).candidate).toBeNull();
  });

  it('adopts http and https for http', () => {
    const plain = 'http://example.org/feed';
    const watched = { url: 'http://example.com/feed', sinceMs: nowMs - 3 * dayMs, successes: 2 };
    expect(evaluateRedirect(watched, { requested: plain, movedTo: watched.url, nowMs }).adopted).toBe(watched.url);
    expect(evaluateRedirect(null, { requested: plain, movedTo, nowMs }).candidate?.url).toBe(movedTo);
  });

  it.each([
    'http://example.com/feed',
    'ftp://example.com/feed',
    'not a url',
  ])('never accepts %s as candidate', (target) => {
    expect(evaluateRedirect(null, { requested, movedTo: target, nowMs })).toEqual({
      candidate: null,
      adopted: null,
      note: noteOf('redirect_not_adoptable'),
    });
  });
});
