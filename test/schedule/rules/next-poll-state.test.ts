import { describe, expect, it } from 'vitest';
import { noHints } from '../../../src/domain/items/parsed-feed.ts';
import { nextPollState } from '../../../src/schedule/rules/next-poll-state.ts';
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

describe('settling a document that was read', () => {
  it('keeps its validators and body hash', () => {
    const result = pollResultOf(storedDocument({ validators: { etag: '"n"', lastModified: 'Mon' }, bodyHash: 'ff' }));
    expect(result.outcome).toBe('fresh');
    expect(result.validators).toEqual({ etag: '"n"', lastModified: 'Mon' });
    expect(result.bodyHash).toBe('ff');
  });

  it('forgets an etag that the new answer no longer carries', () => {
    const result = pollResultOf(storedDocument({ validators: { etag: null, lastModified: 'Mon' } }));
    expect(result.validators).toEqual({ etag: null, lastModified: 'Mon' });
  });

  it.each(['partial_parse', 'unterminated'])('keeps neither validators nor hash after %s', (note) => {
    const result = pollResultOf(storedDocument({ notes: [note], added: 30 }));
    expect(result.validators).toBeNull();
    expect(result.bodyHash).toBeNull();
    expect(result.outcome).toBe('fresh');
  });

  it('keeps neither validators nor hash while an edit was held back', () => {
    const result = pollResultOf(storedDocument({ deferred: 1 }));
    expect(result.validators).toBeNull();
    expect(result.bodyHash).toBeNull();
  });

  it('keeps the validators of a document that only had to be mended', () => {
    expect(pollResultOf(storedDocument({ notes: ['recovered'] })).validators).toEqual({
      etag: '"b"',
      lastModified: null,
    });
  });

  it('records the oddities of fetch and document, each once', () => {
    const result = pollResultOf(
      storedDocument({ facts: facts({ notes: ['charset_guess'] }), notes: ['charset_guess', 'dup_guid'] }),
    );
    expect(result.facts.notes).toEqual(['charset_guess', 'dup_guid']);
  });

  it('resets all trouble at once', () => {
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

  it('counts the poll as news only when something was added', () => {
    expect(pollResultOf(storedDocument({ added: 2 })).history.newItemsAtMs).toEqual([nowMs, nowMs - hourMs]);
    expect(pollResultOf(storedDocument({ updated: 2 })).history.newItemsAtMs).toEqual([nowMs - hourMs]);
  });

  it('counts a flood of items in one poll as one piece of news', () => {
    const few = pollResultOf(storedDocument({ added: 1 })).history;
    const many = pollResultOf(storedDocument({ added: 500 })).history;
    expect(many.newItemsAtMs).toEqual(few.newItemsAtMs);
  });

  it('remembers twenty polls with news at most', () => {
    const newItemsAtMs = Array.from({ length: 20 }, (_, n) => nowMs - (n + 1) * hourMs);
    const { history } = pollResultOf(storedDocument({ added: 1 }), { history: { newItemsAtMs } });
    expect(history.newItemsAtMs).toHaveLength(20);
    expect(history.newItemsAtMs[0]).toBe(nowMs);
  });
});

describe('settling a first read', () => {
  const unread = pollState({ firstReadDone: false, history: { ...pollState().history, newItemsAtMs: [] } });
  const read = (ages: (number | null)[]) => {
    const drafts = ages.map((age) => ({ publishedMs: age === null ? null : nowMs - age }));
    return pollResultOf(storedDocument({ added: 20, unchanged: [], drafts }), { state: unread });
  };

  it('starts hourly when its newest item is fresh', () => {
    expect(read([3 * hourMs, 9 * dayMs])).toMatchObject({ waitMs: 90 * minuteMs });
    expect(read([0]).waitMs).toBe(hourMs);
  });

  it('starts slower when its newest item is old, but no slower than six hours', () => {
    expect(read([2 * dayMs]).waitMs).toBe(6 * hourMs);
    expect(read([5_000 * dayMs]).waitMs).toBe(6 * hourMs);
  });

  it('starts hourly when no item has a date', () => {
    expect(read([null, null]).waitMs).toBe(hourMs);
    expect(read([]).waitMs).toBe(hourMs);
  });

  it('does not believe in items from the future', () => {
    expect(read([-30 * dayMs]).history.newItemsAtMs).toEqual([nowMs]);
  });

  it('does not hold its many unknown items against it', () => {
    expect(read([0]).history).toMatchObject({ disjointDocuments: 0, newItemsStreak: 0 });
  });
});

describe('settling an unchanged document', () => {
  it('keeps what a 304 does not repeat and takes what it renews', () => {
    const before = { etag: '"a"', lastModified: 'Mon' };
    const result = pollResultOf(notModified({ validators: { etag: '"n"', lastModified: null } }), {
      state: { validators: before },
    });
    expect(result.outcome).toBe('not-modified');
    expect(result.validators).toEqual({ etag: '"n"', lastModified: 'Mon' });
    expect(result.bodyHash).toBeNull();
  });

  it('keeps the stored etag when a 304 carries none', () => {
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
    expect(result.nextCheckReason).toBe('max-age 2 h');
    expect(result.history.freshnessLifetimeMs).toBe(2 * hourMs);
  });

  it('takes the lifetime that a 304 brings', () => {
    const result = pollResultOf(notModified({ freshnessLifetimeMs: 3 * hourMs }), {
      history: { freshnessLifetimeMs: 2 * hourMs },
    });
    expect(result.history.freshnessLifetimeMs).toBe(3 * hourMs);
  });

  it('takes a full answer without Cache-Control as having no lifetime', () => {
    const result = pollResultOf(notModified({ by: 'body' }), { history: { freshnessLifetimeMs: 2 * hourMs } });
    expect(result.history.freshnessLifetimeMs).toBeNull();
  });

  it('keeps the hints of the document through a 304', () => {
    const hints = { ...noHints, ttlMinutes: 180 };
    const result = pollResultOf(notModified(), { history: { hints } });
    expect(result.waitMs).toBe(3 * hourMs);
    expect(result.history.hints).toEqual(hints);
  });

  it('takes the validators of a full answer as they are', () => {
    const result = pollResultOf(notModified({ by: 'body', validators: { etag: null, lastModified: 'Tue' } }));
    expect(result.validators).toEqual({ etag: null, lastModified: 'Tue' });
  });

  it('asks an origin that repeats full answers ever more rarely, and tells why', () => {
    let before = pollState();
    const waits: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const input = { source: { url: 'https://example.org/feed', intervalMs: null }, nowMs, random: () => 0 };
      const result = nextPollState({ ...input, state: before, outcome: notModified({ by: 'body' }) });
      waits.push((result.nextCheckMs - nowMs) / hourMs);
      before = stateAfter(result, before);
    }
    expect(waits).toEqual([4, 8, 16, 24, 24]);
    expect(before.nextCheckReason).toBe('origin ignores validators: 1 d');
  });

  it('forgives an origin when its document has changed after all', () => {
    expect(pollResultOf(storedDocument({ added: 1 }), { history: { unchangedBodies: 3 } }).waitMs).toBe(hourMs);
  });

  it('forgives an origin at its first 304', () => {
    expect(pollResultOf(notModified(), { history: { unchangedBodies: 3 } }).waitMs).toBe(hourMs);
  });
});

describe('settling an unreadable document', () => {
  const unreadable = {
    kind: 'unreadable' as const,
    fetched: storedDocument().fetched,
    unreadable: { kind: 'unreadable' as const, failure: 'not_feed' as const, detail: 'an HTML page' },
  };

  it('keeps nothing of it and says what was wrong', () => {
    const result = pollResultOf(unreadable);
    expect(result).toMatchObject({ outcome: 'failed', failure: 'not_feed', detail: 'an HTML page', failures: 1 });
    expect(result.validators).toBeNull();
    expect(result.bodyHash).toBeNull();
  });

  it('never moves a source towards where it led', () => {
    const moved = { ...unreadable, fetched: { ...unreadable.fetched, movedTo: 'https://parked.example.com/' } };
    expect(pollResultOf(moved).history.redirectCandidate).toBeNull();
    expect(pollResultOf(moved).movedTo).toBeNull();
  });
});

describe('choosing the next check', () => {
  it('says the adaptive interval in words', () => {
    expect(pollResultOf(storedDocument()).nextCheckReason).toBe('adaptive interval 1 h');
  });

  it('lets the longest hint win', () => {
    const hints = { ...noHints, ttlMinutes: 120, updatePeriod: 'hourly', updateFrequency: 2 };
    expect(pollResultOf(storedDocument({ hints, freshnessLifetimeMs: 3 * hourMs })).nextCheckReason).toBe(
      'max-age 3 h',
    );
    expect(pollResultOf(storedDocument({ hints, freshnessLifetimeMs: 90 * minuteMs })).nextCheckReason).toBe('ttl 2 h');
  });

  it('lets the longer own interval win over a hint', () => {
    const result = pollResultOf(storedDocument({ freshnessLifetimeMs: 2 * hourMs }), {
      history: { newItemsAtMs: [nowMs - 40 * dayMs] },
    });
    expect(result.waitMs).toBe(dayMs);
    expect(result.nextCheckReason).toBe('adaptive interval 1 d');
  });

  it('records that a hint was capped at a day', () => {
    const result = pollResultOf(storedDocument({ freshnessLifetimeMs: 365 * dayMs }));
    expect(result.waitMs).toBe(dayMs);
    expect(result.facts.notes).toContain('hint_capped');
  });

  it('moves a check out of skipHours, with jitter within the free hour', () => {
    const hints = { ...noHints, skipHours: [3, 4] };
    const result = pollResultOf(storedDocument({ hints }), { random: 0.5 });
    const free = Date.UTC(2026, 0, 5, 5);
    expect(result.nextCheckMs).toBeGreaterThan(free);
    expect(result.nextCheckMs).toBeLessThanOrEqual(free + 30 * minuteMs);
    expect(result.nextCheckReason).toBe('skipHours');
  });

  it('keeps the jitter of a whole day from leading into the next forbidden hour', () => {
    const hints = { ...noHints, skipHours: [4, 5, 7] };
    const result = pollResultOf(storedDocument({ hints }), {
      history: { newItemsAtMs: [nowMs - 40 * dayMs] },
      random: 0.9999,
    });
    expect(result.nextCheckMs).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 6, 6));
    expect(result.nextCheckMs).toBeLessThanOrEqual(Date.UTC(2026, 0, 6, 6, 30));
  });

  it('records hints that would forbid all polling, and polls', () => {
    const hints = { ...noHints, skipHours: Array.from({ length: 24 }, (_, hour) => hour) };
    const result = pollResultOf(storedDocument({ hints }));
    expect(result.waitMs).toBe(hourMs);
    expect(result.facts.notes).toContain('hint_invalid');
  });

  it('jitters upward only, by a tenth at most', () => {
    expect(pollResultOf(storedDocument(), { random: 0 }).waitMs).toBe(hourMs);
    expect(pollResultOf(storedDocument(), { random: 1 }).waitMs).toBe(66 * minuteMs);
  });

  it("lets the operator's interval win over every hint and over validators that do not work", () => {
    const hints = { ...noHints, ttlMinutes: 600, skipHours: [3, 4] };
    const result = pollResultOf(storedDocument({ hints, freshnessLifetimeMs: dayMs }), {
      intervalMs: 15 * minuteMs,
      history: { unchangedBodies: 3 },
      stretch: 4,
    });
    expect(result.waitMs).toBe(15 * minuteMs);
    expect(result.nextCheckReason).toBe('interval as declared 15 min');
  });

  it("does not let the operator's interval win over Retry-After", () => {
    const result = pollResultOf(storedDocument(), {
      intervalMs: minuteMs,
      history: { retryAfterUntilMs: nowMs + 2 * hourMs },
    });
    expect(result.waitMs).toBe(2 * hourMs);
    expect(result.nextCheckReason).toBe('Retry-After 2 h');
    expect(result.history.retryAfterUntilMs).toBe(nowMs + 2 * hourMs);
  });

  it('reads a watched file again after an hour, whatever it hints', () => {
    const hints = { ...noHints, ttlMinutes: 600 };
    const result = pollResultOf(storedDocument({ hints }), { url: 'file:///feeds/welcome.xml' });
    expect(result.waitMs).toBe(hourMs);
    expect(pollResultOf(notModified({ by: 'body' }), { url: 'file:///feeds/welcome.xml' }).waitMs).toBe(hourMs);
  });

  it('stretches adaptive intervals while the whole schedule lags, to a day at most', () => {
    expect(pollResultOf(storedDocument(), { stretch: 3 }).waitMs).toBe(3 * hourMs);
    expect(pollResultOf(storedDocument(), { stretch: 300 }).waitMs).toBe(dayMs);
  });

  it('gives the sources of a crowded host the time of one round', () => {
    const result = pollResultOf(storedDocument(), { hostCycleMs: 5_000_000 });
    expect(result.waitMs).toBe(5_000_000);
    expect(result.facts.notes).toContain('host_throttled');
  });

  it('counts with a history of an older version, which lacks fields', () => {
    const old = { freshnessLifetimeMs: null, hints: null, newItemsAtMs: [nowMs - hourMs] } as never;
    const result = pollResultOf(storedDocument({ added: 1 }), { state: { history: old } });
    expect(result.waitMs).toBe(hourMs);
    expect(result.history.newItemsStreak).toBe(1);
  });

  it('pulls instants of a clock that ran ahead back to the present', () => {
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

describe('what a source does over several reads', () => {
  it('is noted as churn while edits of it are held back', () => {
    expect(pollResultOf(storedDocument({ updated: 1, deferred: 1 })).facts.notes).toEqual(['churn']);
    expect(pollResultOf(storedDocument({ updated: 1 })).facts.notes).toEqual([]);
  });

  it('is noted as a flood from the sixth document in a row on that holds nothing known', () => {
    const flood = storedDocument({ added: 500, unchanged: [] });
    expect(pollResultOf(flood, { history: { disjointDocuments: 4 } }).facts.notes).toEqual([]);
    expect(pollResultOf(flood, { history: { disjointDocuments: 5 } }).facts.notes).toEqual(['item_flood']);
    expect(pollResultOf(storedDocument({ added: 1 }), { history: { disjointDocuments: 9 } }).facts.notes).toEqual([]);
  });
});

describe('whose validators they are', () => {
  const url = 'https://www.example.org/feed';

  it('is kept through a 304 that does not say it', () => {
    const before = { validators: { ...storedValidators, url } };
    expect(pollResultOf(notModified(), { state: before }).validators).toEqual({ ...storedValidators, url });
  });

  it('is taken from a 304 that does', () => {
    const validators = { etag: '"c"', lastModified: null, url };
    expect(pollResultOf(notModified({ validators }), { state: { validators: storedValidators } }).validators).toEqual(
      validators,
    );
  });
});
