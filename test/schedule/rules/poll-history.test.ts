import { describe, expect, it } from 'vitest';
import { idsDistrustedNote, rulesVersion } from '../../../src/domain/items/normalise-task.ts';
import { identityChangedNote, possibleGapNote } from '../../../src/domain/polling/feed-continuity.ts';
import { maxHostPauseMs } from '../../../src/domain/polling/poll.ts';
import {
  dayMs,
  failed,
  hourMs,
  minuteMs,
  notModified,
  nowMs,
  pollResultOf,
  pollState,
  stateAfter,
  storedDocument,
} from './poll-fixtures.ts';

describe('what is remembered of the ids of a source', () => {
  it('is that they were worthless once, whatever later documents look like', () => {
    const first = pollResultOf(storedDocument({ notes: [idsDistrustedNote, 'dup_guid:9'] }));
    expect(first.history.idsDistrusted).toBe(true);
    expect(first.facts.notes).toEqual([idsDistrustedNote, 'dup_guid:9']);
    const later = pollResultOf(storedDocument({ added: 1 }), {
      state: stateAfter(first, pollState()),
      nowMs: nowMs + hourMs,
    });
    expect(later.history.idsDistrusted).toBe(true);
    expect(later.facts.notes).toContain(idsDistrustedNote);
  });

  it('is kept at the first read too, and through a 304', () => {
    const first = pollResultOf(storedDocument({ notes: [idsDistrustedNote] }), { state: { firstReadDone: false } });
    expect(first.history.idsDistrusted).toBe(true);
    expect(pollResultOf(notModified(), { history: first.history }).history.idsDistrusted).toBe(true);
  });

  it('is nothing while they are sound', () => {
    const result = pollResultOf(storedDocument({ notes: ['dup_guid:1'], added: 1 }));
    expect(result.history.idsDistrusted).toBe(false);
    expect(result.facts.notes).toEqual(['dup_guid:1']);
  });
});

describe('the rules by which a document was read', () => {
  const outdated = { rulesVersion: rulesVersion - 1 };

  it('are remembered with the validators of a document that was read whole', () => {
    expect(pollResultOf(storedDocument(), { history: outdated }).history.rulesVersion).toBe(rulesVersion);
  });

  it('stay those of the read before when this one leaves its validators in place', () => {
    const cut = pollResultOf(storedDocument({ notes: ['partial_parse'] }), { history: outdated });
    expect(cut.validators).toBeNull();
    expect(cut.history.rulesVersion).toBe(outdated.rulesVersion);
    expect(pollResultOf(storedDocument({ deferred: 1 }), { history: outdated }).history.rulesVersion).toBe(
      outdated.rulesVersion,
    );
  });
});

describe('the pause of a host', () => {
  const pause = (untilMs: number) => ({ hostPause: { host: 'example.org', untilMs } });

  it('outlives a good answer, and is forgotten when it is over', () => {
    const running = pause(nowMs + minuteMs);
    expect(pollResultOf(notModified(), { history: running }).history).toMatchObject(running);
    expect(pollResultOf(notModified(), { history: pause(nowMs) }).history.hostPause).toBeNull();
  });

  it('that a clock turned back has left far ahead lasts no longer than any other', () => {
    const { history } = pollResultOf(notModified(), { history: pause(nowMs + dayMs) });
    expect(history).toMatchObject(pause(nowMs + maxHostPauseMs));
  });
});

describe('a document that may have come too late', () => {
  it('counts as strange, however small and whatever an archive has added to it', () => {
    const result = pollResultOf(storedDocument({ notes: [possibleGapNote], added: 1, updated: 1, unchanged: [] }));
    expect(result.history.disjointDocuments).toBe(1);
    expect(pollResultOf(storedDocument({ added: 1, updated: 1, unchanged: [] })).history.disjointDocuments).toBe(0);
  });

  it('is followed by the next one sooner', () => {
    const newItemsAtMs = [1, 2, 3, 4].map((n) => nowMs - n * 20 * hourMs);
    const waitMs = (notes: string[]) =>
      pollResultOf(storedDocument({ notes, added: 1 }), { history: { newItemsAtMs } }).waitMs;
    expect(waitMs([])).toBe(6 * hourMs);
    expect(waitMs([possibleGapNote])).toBe(3 * hourMs);
  });
});

describe('the length of a document', () => {
  it('is remembered, with what was new in it and what was not', () => {
    const drafts = [{ publishedMs: null }, { publishedMs: null }];
    expect(pollResultOf(storedDocument({ drafts, unchanged: ['k1'] })).history.documentEntries).toBe(3);
    expect(pollResultOf(notModified(), { history: { documentEntries: 3 } }).history.documentEntries).toBe(3);
  });
});

describe('a complete document that lacks something', () => {
  const first = pollResultOf(storedDocument({ missingItemIds: [7, 8] }));

  it('is noted, and asked for again without its validators', () => {
    expect(first.facts.notes).toEqual(['complete_shrunk']);
    expect(first).toMatchObject({ validators: null, bodyHash: null });
    expect(first.history.missingItemIds).toEqual([7, 8]);
  });

  it('is believed at the second reading', () => {
    const second = pollResultOf(storedDocument({ missingItemIds: [] }), { history: first.history });
    expect(second.facts.notes).toEqual([]);
    expect(second.validators).not.toBeNull();
    expect(second.history.missingItemIds).toEqual([]);
  });

  it('is forgotten when the document before it is back, but not for a failure', () => {
    expect(pollResultOf(notModified(), { history: first.history }).history.missingItemIds).toEqual([]);
    expect(pollResultOf(failed('header_timeout'), { history: first.history }).history.missingItemIds).toEqual([7, 8]);
  });
});

describe('a source that speaks as somebody else', () => {
  const previousIdentity = { title: 'Example Herald', site: 'herald.example.org' };
  const remark = 'was "Example Herald" of herald.example.org until 2026-01-05: is the address still theirs?';
  const first = pollResultOf(storedDocument({ added: 5, previousIdentity }));

  it('is said to, with who it was', () => {
    expect(first).toMatchObject({ outcome: 'fresh', failure: null, detail: remark });
    expect(first.facts.notes).toContain(identityChangedNote);
    expect(first.history.previousIdentity).toEqual({ ...previousIdentity, untilMs: nowMs });
  });

  it('is said to for a week, whatever the reads bring', () => {
    const { history } = first;
    const read = (outcome: Parameters<typeof pollResultOf>[0], afterMs: number) =>
      pollResultOf(outcome, { history, nowMs: nowMs + afterMs });
    expect(read(storedDocument(), dayMs)).toMatchObject({ detail: remark, facts: { notes: [identityChangedNote] } });
    expect(read(notModified(), 7 * dayMs - 1)).toMatchObject({ detail: remark });
    expect(read(notModified(), 7 * dayMs)).toMatchObject({ detail: null, facts: { notes: [] } });
  });

  it('is quoted in one line, whatever it was called', () => {
    const odd = { title: 'Line\nbreak\u001b[31m'.repeat(90), site: 'herald.example.org' };
    const { detail } = pollResultOf(storedDocument({ previousIdentity: odd }));
    expect(detail?.length).toBeLessThanOrEqual(201);
    expect(detail).not.toMatch(/\p{Cc}/u);
  });
});
