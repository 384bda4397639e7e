import { describe, expect, it } from 'vitest';
import { differenceBetween, removesMost } from '../../../src/domain/polling/declaration-difference.ts';
import { aSource } from '../../support/builders.ts';

const sources = (count: number) => Array.from({ length: count }, (_, n) => aSource(`s${n}`));

describe('differenceBetween', () => {
  it('counts added, removed and changed sources', () => {
    const [one = aSource('x'), two = aSource('x')] = sources(2);
    const after = [{ ...two, section: 'Science' }, aSource('new'), aSource('newer')];
    expect(differenceBetween([one, two], after)).toEqual({ added: 2, removed: 1, changed: 1 });
  });

  it('ignores order and position', () => {
    const before = sources(3);
    const after = before.toReversed().map((source) => ({ ...source, declaredAt: 'other.yaml:7' }));
    expect(differenceBetween(before, after)).toEqual({ added: 0, removed: 0, changed: 0 });
  });
});

describe('removesMost', () => {
  it.each([
    [10, 4, true],
    [10, 5, false],
    [11, 5, true],
    [9, 0, false],
    [1000, 499, true],
    [1000, 500, false],
  ])('of %d sources with %d left is %s', (before, left, expected) => {
    const all = sources(before);
    expect(removesMost(differenceBetween(all, all.slice(0, left)), all)).toBe(expected);
  });
});
