import { describe, expect, it } from 'vitest';
import { idsDistrustedNote, rulesVersion } from '../../../src/domain/items/normalise-task.ts';
import { identityChangedNote, possibleGapNote } from '../../../src/domain/polling/feed-continuity.ts';
import { maxHostPauseMs } from '../../../src/domain/polling/poll.ts';
import { after, dayMs, failed, hourMs, minuteMs, notModified, nowMs, settled, state, stored } from './poll-fixtures.ts';

describe('what is remembered of the ids of a source', () => {
  it('is that they were worthless once, whatever later documents look like', () => {
    const first = settled(stored({ notes: [idsDistrustedNote, 'dup_guid:9'] }));
    expect(first.memory.idsDistrusted).toBe(true);
    expect(first.facts.notes).toEqual([idsDistrustedNote, 'dup_guid:9']);
    const later = settled(stored({ added: 1 }), { state: after(first, state()), nowMs: nowMs + hourMs });
    expect(later.memory.idsDistrusted).toBe(true);
    expect(later.facts.notes).toContain(idsDistrustedNote);
  });

  it('is kept at the first read too, and through a 304', () => {
    const first = settled(stored({ notes: [idsDistrustedNote] }), { state: { firstReadDone: false } });
    expect(first.memory.idsDistrusted).toBe(true);
    expect(settled(notModified(), { memory: first.memory }).memory.idsDistrusted).toBe(true);
  });

  it('is nothing while they are sound', () => {
    const settlement = settled(stored({ notes: ['dup_guid:1'], added: 1 }));
    expect(settlement.memory.idsDistrusted).toBe(false);
    expect(settlement.facts.notes).toEqual(['dup_guid:1']);
  });
});

describe('the rules by which a document was read', () => {
  const outdated = { rulesVersion: rulesVersion - 1 };

  it('are remembered with the validators of a document that was read whole', () => {
    expect(settled(stored(), { memory: outdated }).memory.rulesVersion).toBe(rulesVersion);
  });

  it('stay those of the read before when this one leaves its validators in place', () => {
    const cut = settled(stored({ notes: ['partial_parse'] }), { memory: outdated });
    expect(cut.validators).toBeNull();
    expect(cut.memory.rulesVersion).toBe(outdated.rulesVersion);
    expect(settled(stored({ heldBack: 1 }), { memory: outdated }).memory.rulesVersion).toBe(outdated.rulesVersion);
  });
});

describe('the pause of a host', () => {
  const pause = (untilMs: number) => ({ hostPause: { host: 'example.org', untilMs } });

  it('outlives a good answer, and is forgotten when it is over', () => {
    const running = pause(nowMs + minuteMs);
    expect(settled(notModified(), { memory: running }).memory).toMatchObject(running);
    expect(settled(notModified(), { memory: pause(nowMs) }).memory.hostPause).toBeNull();
  });

  it('that a clock turned back has left far ahead lasts no longer than any other', () => {
    const { memory } = settled(notModified(), { memory: pause(nowMs + dayMs) });
    expect(memory).toMatchObject(pause(nowMs + maxHostPauseMs));
  });
});

describe('a document that may have come too late', () => {
  it('counts as strange, however small and whatever an archive has added to it', () => {
    const settlement = settled(stored({ notes: [possibleGapNote], added: 1, updated: 1, unchanged: [] }));
    expect(settlement.memory.strangeDocuments).toBe(1);
    expect(settled(stored({ added: 1, updated: 1, unchanged: [] })).memory.strangeDocuments).toBe(0);
  });

  it('is followed by the next one sooner', () => {
    const newsAtMs = [1, 2, 3, 4].map((n) => nowMs - n * 20 * hourMs);
    const waitMs = (notes: string[]) => settled(stored({ notes, added: 1 }), { memory: { newsAtMs } }).waitMs;
    expect(waitMs([])).toBe(6 * hourMs);
    expect(waitMs([possibleGapNote])).toBe(3 * hourMs);
  });
});

describe('the length of a document', () => {
  it('is remembered, with what was new in it and what was not', () => {
    const drafts = [{ publishedMs: null }, { publishedMs: null }];
    expect(settled(stored({ drafts, unchanged: ['k1'] })).memory.documentEntries).toBe(3);
    expect(settled(notModified(), { memory: { documentEntries: 3 } }).memory.documentEntries).toBe(3);
  });
});

describe('a complete document that lacks something', () => {
  const first = settled(stored({ missing: [7, 8] }));

  it('is noted, and asked for again without its validators', () => {
    expect(first.facts.notes).toEqual(['complete_shrunk']);
    expect(first).toMatchObject({ validators: null, bodyHash: null });
    expect(first.memory.missing).toEqual([7, 8]);
  });

  it('is believed at the second reading', () => {
    const second = settled(stored({ missing: [] }), { memory: first.memory });
    expect(second.facts.notes).toEqual([]);
    expect(second.validators).not.toBeNull();
    expect(second.memory.missing).toEqual([]);
  });

  it('is forgotten when the document before it is back, but not for a failure', () => {
    expect(settled(notModified(), { memory: first.memory }).memory.missing).toEqual([]);
    expect(settled(failed('header_timeout'), { memory: first.memory }).memory.missing).toEqual([7, 8]);
  });
});

describe('a source that speaks as somebody else', () => {
  const formerly = { title: 'Example Herald', site: 'herald.example.org' };
  const remark = 'was "Example Herald" of herald.example.org until 2026-01-05: is the address still theirs?';
  const first = settled(stored({ added: 5, formerly }));

  it('is said to, with who it was', () => {
    expect(first).toMatchObject({ outcome: 'fresh', failure: null, detail: remark });
    expect(first.facts.notes).toContain(identityChangedNote);
    expect(first.memory.formerly).toEqual({ ...formerly, untilMs: nowMs });
  });

  it('is said to for a week, whatever the reads bring', () => {
    const { memory } = first;
    const read = (happened: Parameters<typeof settled>[0], afterMs: number) =>
      settled(happened, { memory, nowMs: nowMs + afterMs });
    expect(read(stored(), dayMs)).toMatchObject({ detail: remark, facts: { notes: [identityChangedNote] } });
    expect(read(notModified(), 7 * dayMs - 1)).toMatchObject({ detail: remark });
    expect(read(notModified(), 7 * dayMs)).toMatchObject({ detail: null, facts: { notes: [] } });
  });

  it('is quoted in one line, whatever it was called', () => {
    const odd = { title: 'Line\nbreak\u001b[31m'.repeat(90), site: 'herald.example.org' };
    const { detail } = settled(stored({ formerly: odd }));
    expect(detail?.length).toBeLessThanOrEqual(201);
    expect(detail).not.toMatch(/\p{Cc}/u);
  });
});
