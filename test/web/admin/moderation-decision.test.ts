import { describe, expect, it } from 'vitest';
import {
  formatApplied,
  parseApplied,
  parseDecision,
  parseStateFilter,
} from '../../../src/web/admin/moderation-page.tsx';

const read = (fields: Record<string, string[]>) => parseDecision((name) => fields[name] ?? []);

describe('parseDecision', () => {
  it('applies the action to each selected comment once', () => {
    expect(read({ action: ['spam'], id: ['3', '4', '3'] })).toEqual({ action: 'spam', ids: [3, 4] });
  });

  it('applies the button of a comment to that comment only, whatever is selected', () => {
    expect(read({ one: ['approve 12'], action: ['spam'], id: ['3'] })).toEqual({ action: 'approve', ids: [12] });
  });

  it.each([
    {},
    { action: ['delete'], id: ['1'] },
    { action: ['approve'], id: ['x'] },
    { action: ['approve'], id: ['-1'] },
    { one: ['__proto__ 1'] },
  ])('rejects %o', (fields) => {
    expect(() => read(fields as Record<string, string[]>)).toThrow();
  });

  it('rejects more than five hundred comments at once', () => {
    expect(() =>
      read({ action: ['spam'], id: Array.from({ length: 501 }, (_, index) => String(index + 1)) }),
    ).toThrow();
  });
});

describe('parseStateFilter', () => {
  it.each([
    ['approved', 'approved'],
    ['all', null],
    ['x', 'pending'],
    [undefined, 'pending'],
  ])('returns the named state, and pending otherwise: %s', (text, state) => {
    expect(parseStateFilter(text)).toBe(state);
  });
});

describe('the applied decision', () => {
  it('survives a round trip through an address', () => {
    const changed = [{ id: 3, from: 'pending', to: 'spam' } as const, { id: 4, from: 'pending', to: 'spam' } as const];
    expect(parseApplied(formatApplied('spam', changed))).toEqual({ action: 'spam', ids: [3, 4] });
    expect(parseApplied(formatApplied('undo', []))).toEqual({ action: 'undo', ids: [] });
  });

  it.each([undefined, '', 'x.1', 'spam.x', 'spam.-1', 'spam.1e400'])('is null for the invalid value %s', (text) => {
    expect(parseApplied(text)).toBeNull();
  });
});
