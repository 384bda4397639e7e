import { describe, expect, it } from 'vitest';
import { noHints } from '../../../src/domain/items/parsed-feed.ts';
import { nextPollState } from '../../../src/schedule/rules/next-poll-state.ts';
import {
  after,
  dayMs,
  facts,
  held,
  hourMs,
  minuteMs,
  notModified,
  nowMs,
  settled,
  state,
  stored,
} from './poll-fixtures.ts';

describe('settling a document that was read', () => {
  it('keeps its validators and body hash', () => {
    const settlement = settled(stored({ validators: { etag: '"n"', lastModified: 'Mon' }, bodyHash: 'ff' }));
    expect(settlement.outcome).toBe('fresh');
    expect(settlement.validators).toEqual({ etag: '"n"', lastModified: 'Mon' });
    expect(settlement.bodyHash).toBe('ff');
  });

  it('forgets an etag that the new answer no longer carries', () => {
    const settlement = settled(stored({ validators: { etag: null, lastModified: 'Mon' } }));
    expect(settlement.validators).toEqual({ etag: null, lastModified: 'Mon' });
  });

  it.each(['partial_parse', 'unterminated'])('keeps neither validators nor hash after %s', (note) => {
    const settlement = settled(stored({ notes: [note], added: 30 }));
    expect(settlement.validators).toBeNull();
    expect(settlement.bodyHash).toBeNull();
    expect(settlement.outcome).toBe('fresh');
  });

  it('keeps neither validators nor hash while an edit was held back', () => {
    const settlement = settled(stored({ heldBack: 1 }));
    expect(settlement.validators).toBeNull();
    expect(settlement.bodyHash).toBeNull();
  });

  it('keeps the validators of a document that only had to be mended', () => {
    expect(settled(stored({ notes: ['recovered'] })).validators).toEqual({ etag: '"b"', lastModified: null });
  });

  it('records the oddities of fetch and document, each once', () => {
    const settlement = settled(
      stored({ facts: facts({ notes: ['charset_guess'] }), notes: ['charset_guess', 'dup_guid'] }),
    );
    expect(settlement.facts.notes).toEqual(['charset_guess', 'dup_guid']);
  });

  it('resets all trouble at once', () => {
    const settlement = settled(stored(), {
      state: { failures: 7, firstFailedMs: nowMs - dayMs },
      memory: { slowStrikes: 3, goneSinceMs: nowMs - hourMs, lostLeases: 1, dead: true, retryUntilMs: nowMs - 1 },
    });
    expect(settlement).toMatchObject({ failure: null, detail: null, failures: 0, firstFailedMs: null, goneMs: null });
    expect(settlement.memory).toMatchObject({
      slowStrikes: 0,
      goneSinceMs: null,
      lostLeases: 0,
      dead: false,
      retryUntilMs: null,
      lastGoodMs: nowMs,
    });
  });

  it('replaces the hints by those of the new document', () => {
    const before = { ...noHints, ttlMinutes: 600 };
    const settlement = settled(stored({ hints: noHints }), { memory: { hints: before, freshForMs: 7_200_000 } });
    expect(settlement.memory.hints).toEqual(noHints);
    expect(settlement.memory.freshForMs).toBeNull();
    expect(settlement.waitMs).toBe(hourMs);
  });

  it('counts the poll as news only when something was added', () => {
    expect(settled(stored({ added: 2 })).memory.newsAtMs).toEqual([nowMs, nowMs - hourMs]);
    expect(settled(stored({ updated: 2 })).memory.newsAtMs).toEqual([nowMs - hourMs]);
  });

  it('counts a flood of items in one poll as one piece of news', () => {
    const few = settled(stored({ added: 1 })).memory;
    const many = settled(stored({ added: 500 })).memory;
    expect(many.newsAtMs).toEqual(few.newsAtMs);
  });

  it('remembers twenty polls with news at most', () => {
    const newsAtMs = Array.from({ length: 20 }, (_, n) => nowMs - (n + 1) * hourMs);
    const { memory } = settled(stored({ added: 1 }), { memory: { newsAtMs } });
    expect(memory.newsAtMs).toHaveLength(20);
    expect(memory.newsAtMs[0]).toBe(nowMs);
  });
});

describe('settling a first read', () => {
  const unread = state({ firstReadDone: false, memory: { ...state().memory, newsAtMs: [] } });
  const read = (ages: (number | null)[]) => {
    const drafts = ages.map((age) => ({ publishedMs: age === null ? null : nowMs - age }));
    return settled(stored({ added: 20, unchanged: [], drafts }), { state: unread });
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
    expect(read([-30 * dayMs]).memory.newsAtMs).toEqual([nowMs]);
  });

  it('does not hold its many unknown items against it', () => {
    expect(read([0]).memory).toMatchObject({ strangeDocuments: 0, newsStreak: 0 });
  });
});

describe('settling an unchanged document', () => {
  it('keeps what a 304 does not repeat and takes what it renews', () => {
    const before = { etag: '"a"', lastModified: 'Mon' };
    const settlement = settled(notModified({ validators: { etag: '"n"', lastModified: null } }), {
      state: { validators: before },
    });
    expect(settlement.outcome).toBe('not-modified');
    expect(settlement.validators).toEqual({ etag: '"n"', lastModified: 'Mon' });
    expect(settlement.bodyHash).toBeNull();
  });

  it('keeps the stored etag when a 304 carries none', () => {
    const settlement = settled(notModified({ validators: { etag: null, lastModified: 'Tue' } }));
    expect(settlement.validators).toEqual({ etag: '"a"', lastModified: 'Tue' });
  });

  it('counts a 304 as success', () => {
    const settlement = settled(notModified(), { state: { failures: 4, firstFailedMs: nowMs - dayMs } });
    expect(settlement).toMatchObject({ failures: 0, firstFailedMs: null, failure: null });
  });

  it('keeps the freshness lifetime through a 304 without Cache-Control', () => {
    const settlement = settled(notModified(), { memory: { freshForMs: 2 * hourMs } });
    expect(settlement.waitMs).toBe(2 * hourMs);
    expect(settlement.nextCheckWhy).toBe('max-age 2 h');
    expect(settlement.memory.freshForMs).toBe(2 * hourMs);
  });

  it('takes the lifetime that a 304 brings', () => {
    const settlement = settled(notModified({ freshForMs: 3 * hourMs }), { memory: { freshForMs: 2 * hourMs } });
    expect(settlement.memory.freshForMs).toBe(3 * hourMs);
  });

  it('takes a full answer without Cache-Control as having no lifetime', () => {
    const settlement = settled(notModified({ by: 'body' }), { memory: { freshForMs: 2 * hourMs } });
    expect(settlement.memory.freshForMs).toBeNull();
  });

  it('keeps the hints of the document through a 304', () => {
    const hints = { ...noHints, ttlMinutes: 180 };
    const settlement = settled(notModified(), { memory: { hints } });
    expect(settlement.waitMs).toBe(3 * hourMs);
    expect(settlement.memory.hints).toEqual(hints);
  });

  it('takes the validators of a full answer as they are', () => {
    const settlement = settled(notModified({ by: 'body', validators: { etag: null, lastModified: 'Tue' } }));
    expect(settlement.validators).toEqual({ etag: null, lastModified: 'Tue' });
  });

  it('asks an origin that repeats full answers ever more rarely, and tells why', () => {
    let before = state();
    const waits: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      const input = { source: { url: 'https://example.org/feed', intervalMs: null }, nowMs, random: () => 0 };
      const settlement = nextPollState({ ...input, state: before, happened: notModified({ by: 'body' }) });
      waits.push((settlement.nextCheckMs - nowMs) / hourMs);
      before = after(settlement, before);
    }
    expect(waits).toEqual([4, 8, 16, 24, 24]);
    expect(before.nextCheckWhy).toBe('origin ignores validators: 1 d');
  });

  it('forgives an origin when its document has changed after all', () => {
    expect(settled(stored({ added: 1 }), { memory: { repeatedBodies: 3 } }).waitMs).toBe(hourMs);
  });

  it('forgives an origin at its first 304', () => {
    expect(settled(notModified(), { memory: { repeatedBodies: 3 } }).waitMs).toBe(hourMs);
  });
});

describe('settling an unreadable document', () => {
  const unreadable = {
    kind: 'unreadable' as const,
    fetched: stored().fetched,
    unreadable: { kind: 'unreadable' as const, failure: 'not_feed' as const, detail: 'an HTML page' },
  };

  it('keeps nothing of it and says what was wrong', () => {
    const settlement = settled(unreadable);
    expect(settlement).toMatchObject({ outcome: 'failed', failure: 'not_feed', detail: 'an HTML page', failures: 1 });
    expect(settlement.validators).toBeNull();
    expect(settlement.bodyHash).toBeNull();
  });

  it('never moves a source towards where it led', () => {
    const moved = { ...unreadable, fetched: { ...unreadable.fetched, movedTo: 'https://parked.example.com/' } };
    expect(settled(moved).memory.redirect).toBeNull();
    expect(settled(moved).movedTo).toBeNull();
  });
});

describe('choosing the next check', () => {
  it('says the adaptive interval in words', () => {
    expect(settled(stored()).nextCheckWhy).toBe('adaptive interval 1 h');
  });

  it('lets the longest hint win', () => {
    const hints = { ...noHints, ttlMinutes: 120, updatePeriod: 'hourly', updateFrequency: 2 };
    expect(settled(stored({ hints, freshForMs: 3 * hourMs })).nextCheckWhy).toBe('max-age 3 h');
    expect(settled(stored({ hints, freshForMs: 90 * minuteMs })).nextCheckWhy).toBe('ttl 2 h');
  });

  it('lets the longer own interval win over a hint', () => {
    const settlement = settled(stored({ freshForMs: 2 * hourMs }), { memory: { newsAtMs: [nowMs - 40 * dayMs] } });
    expect(settlement.waitMs).toBe(dayMs);
    expect(settlement.nextCheckWhy).toBe('adaptive interval 1 d');
  });

  it('records that a hint was capped at a day', () => {
    const settlement = settled(stored({ freshForMs: 365 * dayMs }));
    expect(settlement.waitMs).toBe(dayMs);
    expect(settlement.facts.notes).toContain('hint_capped');
  });

  it('moves a check out of skipHours, with jitter within the free hour', () => {
    const hints = { ...noHints, skipHours: [3, 4] };
    const settlement = settled(stored({ hints }), { random: 0.5 });
    const free = Date.UTC(2026, 0, 5, 5);
    expect(settlement.nextCheckMs).toBeGreaterThan(free);
    expect(settlement.nextCheckMs).toBeLessThanOrEqual(free + 30 * minuteMs);
    expect(settlement.nextCheckWhy).toBe('skipHours');
  });

  it('keeps the jitter of a whole day from leading into the next forbidden hour', () => {
    const hints = { ...noHints, skipHours: [4, 5, 7] };
    const settlement = settled(stored({ hints }), { memory: { newsAtMs: [nowMs - 40 * dayMs] }, random: 0.9999 });
    expect(settlement.nextCheckMs).toBeGreaterThanOrEqual(Date.UTC(2026, 0, 6, 6));
    expect(settlement.nextCheckMs).toBeLessThanOrEqual(Date.UTC(2026, 0, 6, 6, 30));
  });

  it('records hints that would forbid all polling, and polls', () => {
    const hints = { ...noHints, skipHours: Array.from({ length: 24 }, (_, hour) => hour) };
    const settlement = settled(stored({ hints }));
    expect(settlement.waitMs).toBe(hourMs);
    expect(settlement.facts.notes).toContain('hint_invalid');
  });

  it('jitters upward only, by a tenth at most', () => {
    expect(settled(stored(), { random: 0 }).waitMs).toBe(hourMs);
    expect(settled(stored(), { random: 1 }).waitMs).toBe(66 * minuteMs);
  });

  it("lets the operator's interval win over every hint and over validators that do not work", () => {
    const hints = { ...noHints, ttlMinutes: 600, skipHours: [3, 4] };
    const settlement = settled(stored({ hints, freshForMs: dayMs }), {
      intervalMs: 15 * minuteMs,
      memory: { repeatedBodies: 3 },
      stretch: 4,
    });
    expect(settlement.waitMs).toBe(15 * minuteMs);
    expect(settlement.nextCheckWhy).toBe('interval as declared 15 min');
  });

  it("does not let the operator's interval win over Retry-After", () => {
    const settlement = settled(stored(), { intervalMs: minuteMs, memory: { retryUntilMs: nowMs + 2 * hourMs } });
    expect(settlement.waitMs).toBe(2 * hourMs);
    expect(settlement.nextCheckWhy).toBe('Retry-After 2 h');
    expect(settlement.memory.retryUntilMs).toBe(nowMs + 2 * hourMs);
  });

  it('reads a watched file again after an hour, whatever it hints', () => {
    const hints = { ...noHints, ttlMinutes: 600 };
    const settlement = settled(stored({ hints }), { url: 'file:///feeds/welcome.xml' });
    expect(settlement.waitMs).toBe(hourMs);
    expect(settled(notModified({ by: 'body' }), { url: 'file:///feeds/welcome.xml' }).waitMs).toBe(hourMs);
  });

  it('stretches adaptive intervals while the whole schedule lags, to a day at most', () => {
    expect(settled(stored(), { stretch: 3 }).waitMs).toBe(3 * hourMs);
    expect(settled(stored(), { stretch: 300 }).waitMs).toBe(dayMs);
  });

  it('gives the sources of a crowded host the time of one round', () => {
    const settlement = settled(stored(), { hostCycleMs: 5_000_000 });
    expect(settlement.waitMs).toBe(5_000_000);
    expect(settlement.facts.notes).toContain('host_throttled');
  });

  it('counts with a memory of an older version, which lacks fields', () => {
    const old = { freshForMs: null, hints: null, newsAtMs: [nowMs - hourMs] } as never;
    const settlement = settled(stored({ added: 1 }), { state: { memory: old } });
    expect(settlement.waitMs).toBe(hourMs);
    expect(settlement.memory.newsStreak).toBe(1);
  });

  it('pulls instants of a clock that ran ahead back to the present', () => {
    const ahead = nowMs + 300 * dayMs;
    const settlement = settled(stored(), {
      memory: {
        newsAtMs: [ahead, nowMs - hourMs],
        retryUntilMs: ahead,
        redirect: { url: 'https://example.com/', sinceMs: ahead, successes: 1 },
      },
    });
    expect(settlement.memory.newsAtMs[0]).toBe(nowMs);
    expect(settlement.waitMs).toBe(7 * dayMs);
  });
});

describe('what a source does over several reads', () => {
  it('is noted as churn while edits of it are held back', () => {
    expect(settled(stored({ updated: 1, heldBack: 1 })).facts.notes).toEqual(['churn']);
    expect(settled(stored({ updated: 1 })).facts.notes).toEqual([]);
  });

  it('is noted as a flood from the sixth document in a row on that holds nothing known', () => {
    const flood = stored({ added: 500, unchanged: [] });
    expect(settled(flood, { memory: { strangeDocuments: 4 } }).facts.notes).toEqual([]);
    expect(settled(flood, { memory: { strangeDocuments: 5 } }).facts.notes).toEqual(['item_flood']);
    expect(settled(stored({ added: 1 }), { memory: { strangeDocuments: 9 } }).facts.notes).toEqual([]);
  });
});

describe('whose validators they are', () => {
  const url = 'https://www.example.org/feed';

  it('is kept through a 304 that does not say it', () => {
    const before = { validators: { ...held, url } };
    expect(settled(notModified(), { state: before }).validators).toEqual({ ...held, url });
  });

  it('is taken from a 304 that does', () => {
    const validators = { etag: '"c"', lastModified: null, url };
    expect(settled(notModified({ validators }), { state: { validators: held } }).validators).toEqual(validators);
  });
});
