import { describe, expect, it } from 'vitest';
import { isCursor, LogPosition } from '../../src/client/stream-consumer.ts';

function placeAt(cursor: string): LogPosition {
  const place = LogPosition.fromCursor(cursor);
  if (place === null) throw new Error('no cursor');
  return place;
}

describe('isCursor', () => {
  it.each(['e1-0', 'k3f9-1042', 'abc-9007199254740991'])('takes %s', (text) => {
    expect(isCursor(text)).toBe(true);
  });

  it.each(['', 'e1', 'e1-', '-1', 'e1-01', 'e1--1', 'E1-1', 'e1-1x', ' e1-1', 'head'])('refuses "%s"', (text) => {
    expect(isCursor(text)).toBe(false);
    expect(LogPosition.fromCursor(text)).toBe(null);
  });
});

describe('LogPosition', () => {
  it('has the cursor that it was made from', () => {
    expect(placeAt('k3f9-1042').cursor).toBe('k3f9-1042');
  });

  it.each([
    ['what follows', 11, 10, 'apply'],
    ['what follows after others that did not match', 15, 10, 'apply'],
    ['what follows an event that was looked at and did not match', 15, 8, 'apply'],
    ['what was here already', 10, 9, 'drop'],
    ['what was here long ago', 3, 2, 'drop'],
    ['what follows something that is missing', 15, 12, 'gap'],
    ['a gap first, when it is both', 10, 12, 'gap'],
  ] as const)('judges an item: %s', (_, seq, prev, verdict) => {
    expect(placeAt('e1-10').classifyItem({ seq, prev })).toBe(verdict);
  });

  it('classifies live and pos by prev only', () => {
    expect(placeAt('e1-10').classifyPosition({ prev: 10 })).toBe('apply');
    expect(placeAt('e1-10').classifyPosition({ prev: 3 })).toBe('apply');
    expect(placeAt('e1-10').classifyPosition({ prev: 11 })).toBe('gap');
  });

  it('advances and never goes back', () => {
    const place = placeAt('e1-10');
    expect(place.advanceTo(12)).toBe(true);
    expect(place.advanceTo(12)).toBe(false);
    expect(place.advanceTo(11)).toBe(false);
    expect(place.cursor).toBe('e1-12');
  });
});
