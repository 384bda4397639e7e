import { describe, expect, it } from 'vitest';
import { rulesVersion } from '../../../src/domain/items/normalise-task.ts';
import type { Note } from '../../../src/domain/notes/note.ts';
import { maxHostPauseMs } from '../../../src/domain/polling/poll.ts';
import { noteOf, notesOf } from '../../support/notes.ts';
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

describe('the history of unreliable ids', () => {
  it('is kept whatever later documents contain', () => {
    const first = pollResultOf(storedDocument({ notes: notesOf('ids_distrusted', 'dup_guid:9') }));
    expect(first.history.idsDistrusted).toBe(true);
    expect(first.facts.notes).toEqual(notesOf('ids_distrusted', 'dup_guid:9'));
    const later = pollResultOf(storedDocument({ added: 1 }), {
      state: stateAfter(first, pollState()),
      nowMs: nowMs + hourMs,
    });
    expect(later.history.idsDistrusted).toBe(true);
    expect(later.facts.notes).toContainEqual(noteOf('ids_distrusted'));
  });

  it('is set at a first read and kept across a 304', () => {
    const first = pollResultOf(storedDocument({ notes: notesOf('ids_distrusted') }), {
      state: { firstReadDone: false },
    });
    expect(first.history.idsDistrusted).toBe(true);
    expect(pollResultOf(notModified(), { history: first.history }).history.idsDistrusted).toBe(true);
  });

  it('is not set while ids are reliable', () => {
    const result = pollResultOf(storedDocument({ notes: notesOf('dup_guid:1'), added: 1 }));
    expect(result.history.idsDistrusted).toBe(false);
    expect(result.facts.notes).toEqual(notesOf('dup_guid:1'));
  });
});

describe('the rules version of a document', () => {
  const outdated = { rulesVersion: rulesVersion - 1 };

  it('is stored with the validators of a complete read', () => {
    expect(pollResultOf(storedDocument(), { history: outdated }).history.rulesVersion).toBe(rulesVersion);
  });

  it('is unchanged if the validators are unchanged', () => {
    const cut = pollResultOf(storedDocument({ notes: notesOf('partial_parse') }), { history: outdated });
    expect(cut.validators).toBeNull();
    expect(cut.history.rulesVersion).toBe(outdated.rulesVersion);
    expect(pollResultOf(storedDocument({ deferred: 1 }), { history: outdated }).history.rulesVersion).toBe(
      outdated.rulesVersion,
    );
  });
});

describe('the stored pause of a host', () => {
  const pause = (untilMs: number) => ({ hostPause: { host: 'example.org', untilMs } });

  it('survives a successful poll and is removed when it ends', () => {
    const running = pause(nowMs + minuteMs);
    expect(pollResultOf(notModified(), { history: running }).history).toMatchObject(running);
    expect(pollResultOf(notModified(), { history: pause(nowMs) }).history.hostPause).toBeNull();
  });

  it('is limited to the maximum after the clock was set back', () => {
    const { history } = pollResultOf(notModified(), { history: pause(nowMs + dayMs) });
    expect(history).toMatchObject(pause(nowMs + maxHostPauseMs));
  });
});

describe('a document after a possible gap', () => {
  it('counts as disjoint, whatever its size and its archives', () => {
    const result = pollResultOf(
      storedDocument({ notes: notesOf('possible_gap'), added: 1, updated: 1, unchanged: [] }),
    );
    expect(result.history.disjointDocuments).toBe(1);
    expect(pollResultOf(storedDocument({ added: 1, updated: 1, unchanged: [] })).history.disjointDocuments).toBe(0);
  });

  it('shortens the next interval', () => {
    const newItemsAtMs = [1, 2, 3, 4].map((n) => nowMs - n * 20 * hourMs);
    const waitMs = (notes: readonly Note[]) =>
      pollResultOf(storedDocument({ notes, added: 1 }), { history: { newItemsAtMs } }).waitMs;
    expect(waitMs([])).toBe(6 * hourMs);
    expect(waitMs(notesOf('possible_gap'))).toBe(3 * hourMs);
  });
});

describe('the number of entries of a document', () => {
  it('includes new and unchanged entries', () => {
    const drafts = [{ publishedMs: null }, { publishedMs: null }];
    expect(pollResultOf(storedDocument({ drafts, unchanged: ['k1'] })).history.documentEntries).toBe(3);
    expect(pollResultOf(notModified(), { history: { documentEntries: 3 } }).history.documentEntries).toBe(3);
  });
});

describe('a complete document that omits items', () => {
  const first = pollResultOf(storedDocument({ missingItemIds: [7, 8] }));

  it('is noted and requested again without validators', () => {
    expect(first.facts.notes).toEqual(notesOf('complete_shrunk:2'));
    expect(first).toMatchObject({ validators: null, bodyHash: null });
    expect(first.history.missingItemIds).toEqual([7, 8]);
  });

  it('is accepted at the second read', () => {
    const second = pollResultOf(storedDocument({ missingItemIds: [] }), { history: first.history });
    expect(second.facts.notes).toEqual([]);
    expect(second.validators).not.toBeNull();
    expect(second.history.missingItemIds).toEqual([]);
  });

  it('is reset when the previous document returns, but not by a failure', () => {
    expect(pollResultOf(notModified(), { history: first.history }).history.missingItemIds).toEqual([]);
    expect(pollResultOf(failed('header_timeout'), { history: first.history }).history.missingItemIds).toEqual([7, 8]);
  });
});

describe('a source with a changed identity', () => {
  const previousIdentity = { title: 'Example Herald', site: 'herald.example.org' };
  const remark = 'was "Example Herald" of herald.example.org until 2026-01-05. Check whether the feed changed owner';
  const first = pollResultOf(storedDocument({ added: 5, previousIdentity }));

  it('is noted with its previous identity', () => {
    expect(first).toMatchObject({ outcome: 'fresh', failure: null, detail: remark });
    expect(first.facts.notes).toContainEqual(noteOf('identity_changed'));
    expect(first.history.previousIdentity).toEqual({ ...previousIdentity, untilMs: nowMs });
  });

  it('is noted for a week, whatever the polls return', () => {
    const { history } = first;
    const read = (outcome: Parameters<typeof pollResultOf>[0], afterMs: number) =>
      pollResultOf(outcome, { history, nowMs: nowMs + afterMs });
    expect(read(storedDocument(), dayMs)).toMatchObject({
      detail: remark,
      facts: { notes: notesOf('identity_changed') },
    });
    expect(read(notModified(), 7 * dayMs - 1)).toMatchObject({ detail: remark });
    expect(read(notModified(), 7 * dayMs)).toMatchObject({ detail: null, facts: { notes: [] } });
  });

  it('is reported in one line, whatever its title', () => {
    const odd = { title: 'Line\nbreak\u001b[31m'.repeat(90), site: 'herald.example.org' };
    const { detail } = pollResultOf(storedDocument({ previousIdentity: odd }));
    expect(detail?.length).toBeLessThanOrEqual(201);
    expect(detail).not.toMatch(/\p{Cc}/u);
  });
});
