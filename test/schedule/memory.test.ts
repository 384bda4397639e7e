import { describe, expect, it } from 'vitest';
import { idsDistrustedNote, rulesVersion } from '../../src/domain/digest-task.ts';
import { after, hourMs, notModified, nowMs, settled, state, stored } from './cases.ts';

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
