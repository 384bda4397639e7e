import { describe, expect, it } from 'vitest';
import { noHints } from '../../../src/domain/items/parsed-feed.ts';
import { nextPollState } from '../../../src/schedule/rules/next-poll-state.ts';
import { noteOf, notesOf } from '../../support/notes.ts';
import {
  dayMs,
  facts,
  hourMs,
  minuteMs,
  notModified,
  nowMs,
  pollResultOf,
  pollState,
  stateAfter,
  storedDocument,
  storedValidators,
} from './poll-fixtures.ts';

describe('nextPollState after a stored document', () => {
  it('stores its validators and body hash', () => {
    const result = pollResultOf(storedDocument({ validators: { etag: '"n"', lastModified: 'Mon' }, bodyHash: 'ff' }));
    expect(result.outcome).toBe('fresh');
    expect(result.validators).toEqual({ etag: '"n"', lastModified: 'Mon' });
    expect(result.bodyHash).toBe('ff');
  });

  it('discards an etag that the new response lacks', () => {
    const result = pollResultOf(storedDocument({ validators: { etag: null, lastModified: 'Mon' } }));
    expect(result.validators).toEqual({ etag: null, lastModified: 'Mon' });
  });

  it('stores neither validators nor hash of a document that was parsed in part', () => {
    const result = pollResultOf(storedDocument({ notes: notesOf('partial_parse'), added: 30 }));
    expect(result.validators).toBeNull();
    expect(result.bodyHash).toBeNull();
    expect(result.outcome).toBe('fresh');
  });

  it('stores neither validators nor hash if an update was deferred', () => {
    const result = pollResultOf(storedDocument({ deferred: 1 }));
    expect(result.validators).toBeNull();
    expect(result.bodyHash).toBeNull();
  });

  it('stores the validators of a repaired document', () => {
    expect(pollResultOf(storedDocument({ notes: notesOf('recovered') })).validators).toEqual({
      etag: '"b"',
      lastModified: null,
    });
  });

  it('records the notes of fetch and document without duplicates', () => {
    const result = pollResultOf(
      storedDocument({
        facts: facts({ notes: notesOf('charset_guess') }),
        notes: notesOf('charset_guess', 'dup_guid:3'),
      }),
    );
    expect(result.facts.notes).toEqual(notesOf('charset_guess', 'dup_guid:3'));
  });

  it('resets all failure state', () => {
    const result = pollResultOf(storedDocument(), {
      state: { failures: 7, firstFailedMs: nowMs - dayMs },
      history: {
        consecutiveTimeouts: 3,
        goneSinceMs: nowMs - hourMs,
        lostLeases: 1,
        dead: true,
        retryAfterUntilMs: nowMs - 1,
      },
    });
    expect(result).toMatchObject({ failure: null, detail: null, failures: 0, firstFailedMs: null, goneMs: null });
    expect(result.history).toMatchObject({
      consecutiveTimeouts: 0,
      goneSinceMs: null,
      lostLeases: 0,
      dead: false,
      retryAfterUntilMs: null,
      lastSuccessMs: nowMs,
    });
  });

  it('replaces the hints by those of the new document', () => {
    const before = { ...noHints, ttlMinutes: 600 };
    const result = pollResultOf(storedDocument({ hints: noHints }), {
      history: { hints: before, freshnessLifetimeMs: 7_200_000 },
    });
    expect(result.history.hints).toEqual(noHints);
    expect(result.history.freshnessLifetimeMs).toBeNull();
    expect(result.waitMs).toBe(hourMs);
  });

  it('records new items only if something was added', () => {
    expect(pollResultOf(storedDocument({ added: 2 })).history.newItemsAtMs).toEqual([nowMs, nowMs - hourMs]);
    expect(pollResultOf(storedDocument({ updated: 2 })).history.newItemsAtMs).toEqual([nowMs - hourMs]);
  });

  it('counts many items in one poll as one poll with new items', () => {
    const few = pollResultOf(storedDocument({ added: 1 })).history;
    const many = pollResultOf(storedDocument({ added: 500 })).history;
    expect(many.newItemsAtMs).toEqual(few.newItemsAtMs);
  });

  it('remembers at most twenty polls with new items', () => {
    const newItemsAtMs = Array.from({ length: 20 }, (_, n) => nowMs - (n + 1) * hourMs);
    const { history } = pollResultOf(storedDocument({ added: 1 }), { history: { newItemsAtMs } });
    expect(history.newItemsAtMs).toHaveLength(20);
    expect(history.newItemsAtMs[0]).toBe(nowMs);
  });
});

describe('nextPollState after a first read', () => {
  const unread = pollState({ firstReadDone: false, history: { ...pollState().history, newItemsAtMs: [] } });
  const read = (ages: (number | null)[]) => {
    const drafts = ages.map((age) => ({ publishedMs: age === null ? null : nowMs - age }));
    return pollResultOf(storedDocument({ added: 20, unchanged: [], drafts }), { state: unread });
  };

  it('starts hourly if the newest item is recent', () => {
    expect(read([3 * hourMs, 9 * dayMs])).toMatchObject({ waitMs: 90 * minuteMs });
    expect(read([0]).waitMs).toBe(hourMs);
  });

  it('starts with at most six hours if the newest item is old', () => {
    expect(read([2 * dayMs]).waitMs).toBe(6 * hourMs);
    expect(read([5_000 * dayMs]).waitMs).toBe(6 * hourMs);
  });

  it('starts hourly if no item has a date', () => {
    expect(read([null, null]).waitMs).toBe(hourMs);
    expect(read([]).waitMs).toBe(hourMs);
  });

  it('ignores publication dates in the future', () => {
    expect(read([-30 * dayMs]).history.newItemsAtMs).toEqual([nowMs]);
  });

  it('does not count the first document as disjoint', () => {
    expect(read([0]).history).toMatchObject({ disjointDocuments: 0, newItemsStreak: 0 });
  });
});

describe('nextPollState after an unchanged document', () => {
  it('keeps validators that a 304 omits and replaces those that it contains', () => {
    const before = { etag: '"a"', lastModified: 'Mon' };
    const result = pollResultOf(notModified({ validators: { etag: '"n"', lastModified: null } }), {
      state: { validators: before },
    });
    expect(result.outcome).toBe('not-modified');
    expect(result.validators).toEqual({ etag: '"n"', lastModified: 'Mon' });
    expect(result.bodyHash).toBeNull();
  });

  it('keeps the stored etag if a 304 has none', () => {
    const result = pollResultOf(notModified({ validators: { etag: null, lastModified: 'Tue' } }));
    expect(result.validators).toEqual({ etag: '"a"', lastModified: 'Tue' });
  });

  it('counts a 304 as success', () => {
    const result = pollResultOf(notModified(), { state: { failures: 4, firstFailedMs: nowMs - dayMs } });
    expect(result).toMatchObject({ failures: 0, firstFailedMs: null, failure: null });
  });

  it('keeps the freshness lifetime through a 304 without Cache-Control', () => {
    const result = pollResultOf(notModified(), { history: { freshnessLifetimeMs: 2 * hourMs } });
    expect(result.waitMs).toBe(2 * hourMs);
    expect(result.nextCheckReason).toEqual({ code: 'max_age', intervalMs: 2 * hourMs });
    expect(result.history.freshnessLifetimeMs).toBe(2 * hourMs);
  });

  it('stores the freshness lifetime of a 304', () => {
    const result = pollResultOf(notModified({ freshnessLifetimeMs: 3 * hourMs }), {
      history: { freshnessLifetimeMs: 2 * hourMs },
    });
    expect(result.history.freshnessLifetimeMs).toBe(3 * hourMs);
  });

  it('clears the freshness lifetime on a full response without Cache-Control', () => {
    const result = pollResultOf(notModified({ by: 'body' }), { history: { freshnessLifetimeMs: 2 * hourMs } });
    expect(result.history.freshnessLifetimeMs).toBeNull();
  });

  it('keeps the hints of the document across a 304', () => {
    const hints = { ...noHints, ttlMinutes: 180 };
    const result = pollResultOf(notModified(), { history: { hints } });
    expect(result.waitMs).toBe(3 * hourMs);
    expect(result.history.hints).toEqual(hints);
  });

  it('stores the validators of a full response', () => {
    const result = pollResultOf(notModified({ by: 'body', validators: { etag: null, lastModified: 'Tue' } }));
    expect(result.validators).toEqual({ etag: null, lastModified: 'Tue' });
  });

  it('polls an origin that repeats full responses less and less often, with the reason', () => {
    let before = pollState();
    const waits: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const input = { source: { url: 'https://example.org/feed', intervalMs: null }, nowMs, random: () => 0 };
      const result = nextPollState({ ...input, state: before, outcome: notModified({ by: 'body' }) });
      waits.push((result.nextCheckMs - nowMs) / hourMs);
      before = stateAfter(result, before);
    }
    expect(waits).toEqual([4, 8, 16, 24, 24]);
    expect(before.nextCheckReason).toEqual({ code: 'validators_ignored', intervalMs: dayMs });
  });

  it('resets the counter of unchanged bodies when the document changes', () => {
    expect(pollResultOf(storedDocument({ added: 1 }), { history: { unchangedBodies: 3 } }).waitMs).toBe(hourMs);
  });

  it('resets the counter of unchanged bodies at a 304', () => {
    expect(pollResultOf(notModified(), { history: { unchangedBodies: 3 } }).waitMs).toBe(hourMs);
  });
});

describe('nextPollState after an unreadable document', () => {
  const unreadable = {
    kind: 'unreadable' as const,
    fetched: storedDocument().fetched,
    unreadable: { kind: 'unreadable' as const, failure: 'not_feed' as const, detail: 'an HTML page' },
  };

  it('stores no validators and records the failure', () => {
    const result = pollResultOf(unreadable);
    expect(result).toMatchObject({ outcome: 'failed', failure: 'not_feed', detail: 'an HTML page', failures: 1 });
    expect(result.validators).toBeNull();
    expect(result.bodyHash).toBeNull();
  });

  it('never counts towards adopting its redirect', () => {
    const moved = { ...unreadable, fetched: { ...unreadable.fetched, movedTo: 'https://parked.example.com/' } };
    expect(pollResultOf(moved).history.redirectCandidate).toBeNull();
    expect(pollResultOf(moved).movedTo).toBeNull();
  });
});

describe('nextPollState and the next check', () => {
  it('reports the adaptive interval as reason', () => {
    expect(pollResultOf(storedDocument()).nextCheckReason).toEqual({ code: 'adaptive_interval', intervalMs: hourMs });
  });

  it('uses the longest hint', () => {
    const hints = { ...noHints, ttlMinutes: 120, updatePeriod: 'hourly', updateFrequency: 2 };
    expect(pollResultOf(storedDocument({ hints, freshnessLifetimeMs: 3 * hourMs })).nextCheckReason).toEqual({
      code: 'max_age',
      intervalMs: 3 * hourMs,
    });
    expect(pollResultOf(storedDocument({ hints, freshnessLifetimeMs: 90 * minuteMs })).nextCheckReason).toEqual({
      code: 'ttl',
      intervalMs: 2 * hourMs,
    });
  });

  it('uses the adaptive interval if it is longer than the hint', () => {
    const result = pollResultOf(storedDocument({ freshnessLifetimeMs: 2 * hourMs }), {
      history: { newItemsAtMs: [nowMs - 40 * dayMs] },
    });
    expect(result.waitMs).toBe(dayMs);
    expect(result.nextCheckReason).toEqual({ code: 'adaptive_interval', intervalMs: dayMs });
  });

  it('notes a hint capped at a day', () => {
    const result = pollResultOf(storedDocument({ freshnessLifetimeMs: 365 * dayMs }));
    expect(result.waitMs).toBe(dayMs);
    expect(result.facts.notes).toContainEqual(noteOf('hint_capped'));
  });

  it('moves a check out of skipHours, with jitter within the allowed hour', () => {
    const hints = { ...noHints, skipHours: [3, 4] };
    const result = pollResultOf(storedDocument({ hints }), { random: 0.5 });
    const free = Date.UTC(2026, 0, 5, 5);
    expect(result.nextCheckMs).toBeGreaterThan(free);
    expect(result.nextCheckMs).toBeLessThanOrEqual(free + 30 * minuteMs);
    expect(result.nextCheckReason).toEqual({ code: 'skip_hours' });
  });

  it('keeps the jitter of a day out of the next skipped hour', () => {
    const hints = { ...noHints, skipHours: [4, 5, 7] };
    const result = pollResultOf(storedDocument({ hints }), {
      history: { newItemsAtMs: [nowMs - 40 * dayMs] },
      random: 0.9999,
    });
    expect(result.nextCheckMs).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 6, 6));
    expect(result.nextCheckMs).toBeLessThanOrEqual(Date.UTC(2026, 0, 6, 6, 30));
  });

  it('notes hints that would exclude all polling and ignores them', () => {
    const hints = { ...noHints, skipHours: Array.from({ length: 24 }, (_, hour) => hour) };
    const result = pollResultOf(storedDocument({ hints }));
    expect(result.waitMs).toBe(hourMs);
    expect(result.facts.notes).toContainEqual(noteOf('hint_invalid'));
  });

  it('adds at most a tenth of jitter', () => {
    expect(pollResultOf(storedDocument(), { random: 0 }).waitMs).toBe(hourMs);
    expect(pollResultOf(storedDocument(), { random: 1 }).waitMs).toBe(66 * minuteMs);
  });

  it('prefers the declared interval over hints and ignored validators', () => {
    const hints = { ...noHints, ttlMinutes: 600, skipHours: [3, 4] };
    const result = pollResultOf(storedDocument({ hints, freshnessLifetimeMs: dayMs }), {
      intervalMs: 15 * minuteMs,
      history: { unchangedBodies: 3 },
      intervalMultiplier: 4,
    });
    expect(result.waitMs).toBe(15 * minuteMs);
    expect(result.nextCheckReason).toEqual({ code: 'declared_interval', intervalMs: 15 * minuteMs });
  });

  it('does not prefer the declared interval over Retry-After', () => {
    const result = pollResultOf(storedDocument(), {
      intervalMs: minuteMs,
      history: { retryAfterUntilMs: nowMs + 2 * hourMs },
    });
    expect(result.waitMs).toBe(2 * hourMs);
    expect(result.nextCheckReason).toEqual({ code: 'retry_after', waitMs: 2 * hourMs, throttling: null });
    expect(result.history.retryAfterUntilMs).toBe(nowMs + 2 * hourMs);
  });

  it('rereads a watched file after an hour, whatever its hints', () => {
    const hints = { ...noHints, ttlMinutes: 600 };
    const result = pollResultOf(storedDocument({ hints }), { url: 'file:///feeds/welcome.xml' });
    expect(result.waitMs).toBe(hourMs);
    expect(pollResultOf(notModified({ by: 'body' }), { url: 'file:///feeds/welcome.xml' }).waitMs).toBe(hourMs);
  });

  it('lengthens adaptive intervals while the schedule is late, up to a day', () => {
    expect(pollResultOf(storedDocument(), { intervalMultiplier: 3 }).waitMs).toBe(3 * hourMs);
    expect(pollResultOf(storedDocument(), { intervalMultiplier: 300 }).waitMs).toBe(dayMs);
  });

  it('lengthens the interval to the cycle of a host with many sources', () => {
    const result = pollResultOf(storedDocument(), { hostCycleMs: 5_000_000 });
    expect(result.waitMs).toBe(5_000_000);
    expect(result.facts.notes).toContainEqual(noteOf('host_throttled'));
  });

  it('counts with a history of an older version, which lacks fields', () => {
    const old = { freshnessLifetimeMs: null, hints: null, newItemsAtMs: [nowMs - hourMs] } as never;
    const result = pollResultOf(storedDocument({ added: 1 }), { state: { history: old } });
    expect(result.waitMs).toBe(hourMs);
    expect(result.history.newItemsStreak).toBe(1);
  });

  it('limits stored instants in the future to the present', () => {
    const ahead = nowMs + 300 * dayMs;
    const result = pollResultOf(storedDocument(), {
      history: {
        newItemsAtMs: [ahead, nowMs - hourMs],
        retryAfterUntilMs: ahead,
        redirectCandidate: { url: 'https://example.com/', sinceMs: ahead, successes: 1 },
      },
    });
    expect(result.history.newItemsAtMs[0]).toBe(nowMs);
    expect(result.waitMs).toBe(7 * dayMs);
  });
});

describe('nextPollState over several polls', () => {
  it('notes churn while updates are deferred', () => {
    expect(pollResultOf(storedDocument({ updated: 1, deferred: 2 })).facts.notes).toEqual(notesOf('churn:2'));
    expect(pollResultOf(storedDocument({ updated: 1 })).facts.notes).toEqual([]);
  });

  it('notes no_overlap from the sixth consecutive document without a known item', () => {
    const flood = storedDocument({ added: 500, unchanged: [] });
    expect(pollResultOf(flood, { history: { disjointDocuments: 4 } }).facts.notes).toEqual([]);
    expect(pollResultOf(flood, { history: { disjointDocuments: 5 } }).facts.notes).toEqual(notesOf('no_overlap'));
    expect(pollResultOf(storedDocument({ added: 1 }), { history: { disjointDocuments: 9 } }).facts.notes).toEqual([]);
  });
});

describe('the URL of stored validators', () => {
  const url = 'https://www.example.org/feed';

  it('is kept across a 304 without it', () => {
    const before = { validators: { ...storedValidators, url } };
    expect(pollResultOf(notModified(), { state: before }).validators).toEqual({ ...storedValidators, url });
  });

  it('is replaced by a 304 with it', () => {
    const validators = { etag: '"c"', lastModified: null, url };
    expect(pollResultOf(notModified({ validators }), { state: { validators: storedValidators } }).validators).toEqual(
      validators,
    );
  });
});
