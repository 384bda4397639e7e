import { describe, expect, it } from 'vitest';
import { isCursor, LogPosition } from '../../src/client/stream-consumer.ts';

function positionAt(cursor: string): LogPosition {
  const position = LogPosition.fromCursor(cursor);
  if (position === null) throw new Error('no cursor');
  return position;
}

describe('isCursor', () => {
  it.each(['e1-0', 'k3f9-1042', 'abc-9007199254740991'])('accepts %s', (text) => {
    expect(isCursor(text)).toBe(true);
  });

  it.each(['', 'e1', 'e1-', '-1', 'e1-01', 'e1--1', 'E1-1', 'e1-1x', ' e1-1', 'head'])('refuses "%s"', (text) => {
    expect(isCursor(text)).toBe(false);
    expect(LogPosition.fromCursor(text)).toBe(null);
  });
});

describe('LogPosition', () => {
  it('has the cursor that it was made from', () => {
    expect(positionAt('k3f9-1042').cursor).toBe('k3f9-1042');
  });

  it.each([
    ['the next event', 11, 10, 'apply'],
    ['the next event after others that did not match', 15, 10, 'apply'],
    ['an event after an earlier one that did not match', 15, 8, 'apply'],
    ['the last event again', 10, 9, 'drop'],
    ['an earlier event again', 3, 2, 'drop'],
    ['an event after a missing one', 15, 12, 'gap'],
    ['a repeated event after a missing one', 10, 12, 'gap'],
  ] as const)('classifies %s', (_, seq, prev, expected) => {
    expect(positionAt('e1-10').classifyItem({ seq, prev })).toBe(expected);
  });

  it('classifies live and pos by prev only', () => {
    expect(positionAt('e1-10').classifyPosition({ prev: 10 })).toBe('apply');
    expect(positionAt('e1-10').classifyPosition({ prev: 3 })).toBe('apply');
    expect(positionAt('e1-10').classifyPosition({ prev: 11 })).toBe('gap');
  });

  it('advances and never moves back', () => {
    const position = positionAt('e1-10');
    expect(position.advanceTo(12)).toBe(true);
    expect(position.advanceTo(12)).toBe(false);
    expect(position.advanceTo(11)).toBe(false);
    expect(position.cursor).toBe('e1-12');
  });
});
