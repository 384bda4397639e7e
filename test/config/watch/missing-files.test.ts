import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeclarationFile } from '../../../src/config/files/declaration-files.ts';
import { MissingFiles } from '../../../src/config/watch/missing-files.ts';

const file = (text: string): DeclarationFile => ({ kind: 'read', bytes: Buffer.from(text) });
const files = (...entries: [string, DeclarationFile][]) => new Map(entries);

describe('MissingFiles', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('retains a missing file for the grace period', () => {
    const over = vi.fn();
    const vanished = new MissingFiles(2000, over);
    vanished.merge(files(['a', file('1')], ['b', file('2')]));
    expect([...vanished.merge(files(['b', file('2')])).keys()]).toEqual(['a', 'b']);
    vi.advanceTimersByTime(1999);
    expect(vanished.merge(files(['b', file('2')])).has('a')).toBe(true);
    expect(over).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(over).toHaveBeenCalledOnce();
    expect([...vanished.merge(files(['b', file('2')])).keys()]).toEqual(['b']);
    expect(vanished.retainsAny).toBe(false);
  });

  it('restarts the grace period for a file that came back', () => {
    const vanished = new MissingFiles(2000, () => {});
    vanished.merge(files(['a', file('1')]));
    vanished.merge(files());
    vi.advanceTimersByTime(1500);
    expect(vanished.merge(files(['a', file('2')])).get('a')).toEqual(file('2'));
    vanished.merge(files());
    vi.advanceTimersByTime(1500);
    expect(vanished.merge(files()).get('a')).toEqual(file('2'));
  });

  it('treats an emptied file as missing', () => {
    const vanished = new MissingFiles(2000, () => {});
    vanished.merge(files(['a', file('1')]));
    expect(vanished.merge(files(['a', file('')])).get('a')).toEqual(file('1'));
    vi.advanceTimersByTime(2000);
    expect(vanished.merge(files(['a', file('')])).get('a')).toEqual(file(''));
    expect(vanished.merge(files(['a', file('')])).get('a')).toEqual(file(''));
    expect(vanished.retainsAny).toBe(false);
  });

  it('returns the current content of a file that came back', () => {
    const vanished = new MissingFiles(2000, () => {});
    vanished.merge(files(['a', file('1')]));
    expect(vanished.merge(files(['a', file('2')])).get('a')).toEqual(file('2'));
    expect(vanished.retainsAny).toBe(false);
  });

  it('does not call back after close', () => {
    const over = vi.fn();
    const vanished = new MissingFiles(2000, over);
    vanished.merge(files(['a', file('1')]));
    vanished.merge(files());
    vanished.close();
    vi.advanceTimersByTime(5000);
    expect(over).not.toHaveBeenCalled();
  });
});
