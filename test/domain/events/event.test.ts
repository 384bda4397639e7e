import { describe, expect, it } from 'vitest';
import { checkCursor, formatCursor, parseCursor } from '../../../src/domain/events/event.ts';

const bounds = { epoch: 'e1', head: 20, floor: 11 };

describe('checkCursor', () => {
  it.each([
    ['e1-20', 'valid'],
    ['e1-10', 'valid'],
    ['e1-9', 'cursor_too_old'],
    ['e1-0', 'cursor_too_old'],
    ['e1-21', 'cursor_in_future'],
    ['e2-15', 'epoch_changed'],
    ['e2-99', 'epoch_changed'],
  ])('classifies the cursor %s as %s in a log of the events 11 to 20', (cursor, status) => {
    expect(checkCursor(parseCursor(cursor) ?? { epoch: '', seq: -1 }, bounds)).toBe(status);
  });

  it('accepts only the head of an empty log', () => {
    const empty = { epoch: 'e1', head: 20, floor: 21 };
    expect(checkCursor({ epoch: 'e1', seq: 20 }, empty)).toBe('valid');
    expect(checkCursor({ epoch: 'e1', seq: 19 }, empty)).toBe('cursor_too_old');
  });
});

describe('parseCursor', () => {
  it('parses the output of formatCursor', () => {
    expect(parseCursor(formatCursor({ epoch: 'k3f9', seq: 1042 }))).toEqual({ epoch: 'k3f9', seq: 1042 });
  });

  it.each(['', 'k3f9', 'k3f9-', 'K3F9-1', 'k3f9-01', 'k3f9-1.5', 'k3f9-99999999999999999'])('refuses "%s"', (text) => {
    expect(parseCursor(text)).toBeNull();
  });
});
