import { describe, expect, it } from 'vitest';
import {
  formatApplied,
  parseApplied,
  parseDecision,
  parseStateFilter,
} from '../../../src/web/admin/moderation-decision.ts';

const read = (fields: Record<string, string[]>) => parseDecision((name) => fields[name] ?? []);

describe('readDecision', () => {
  it('takes the action for all that are selected, each once', () => {
    expect(read({ action: ['spam'], id: ['3', '4', '3'] })).toEqual({ action: 'spam', ids: [3, 4] });
  });

  it("takes a comment's own button for that comment alone, whatever is selected", () => {
    expect(read({ one: ['approve 12'], action: ['spam'], id: ['3'] })).toEqual({ action: 'approve', ids: [12] });
  });

  it.each([
    {},
    { action: ['delete'], id: ['1'] },
    { action: ['approve'], id: ['x'] },
    { action: ['approve'], id: ['-1'] },
    { one: ['__proto__ 1'] },
  ])('refuses %o', (fields) => {
    expect(() => read(fields as Record<string, string[]>)).toThrow();
  });

  it('refuses more than five hundred at once', () => {
    expect(() =>
      read({ action: ['spam'], id: Array.from({ length: 501 }, (_, index) => String(index + 1)) }),
    ).toThrow();
  });
});

describe('the state of a list', () => {
  it.each([
    ['approved', 'approved'],
    ['all', null],
    ['x', 'pending'],
    [undefined, 'pending'],
  ])('is by its name, and what waits otherwise: %s', (text, state) => {
    expect(parseStateFilter(text)).toBe(state);
  });
});

describe('what was just done', () => {
  it('survives the way through an address', () => {
    const changed = [{ id: 3, from: 'pending', to: 'spam' } as const, { id: 4, from: 'pending', to: 'spam' } as const];
    expect(parseApplied(formatApplied('spam', changed))).toEqual({ action: 'spam', ids: [3, 4] });
    expect(parseApplied(formatApplied('undo', []))).toEqual({ action: 'undo', ids: [] });
  });

  it.each([undefined, '', 'x.1', 'spam.x', 'spam.-1', 'spam.1e400'])('is nothing when made up: %s', (text) => {
    expect(parseApplied(text)).toBeNull();
  });
});
