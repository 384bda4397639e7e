import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderWatcher } from '../../../src/config/watch/folder-watcher.ts';

const timing = { quietMs: 250, maxWaitMs: 1000, identityCheckMs: 3_600_000, rereadMs: 30_000 };

describe('FolderHints', () => {
  const look = vi.fn();
  let hints: FolderWatcher;
  beforeEach(() => {
    vi.useFakeTimers();
    look.mockClear();
    hints = new FolderWatcher('/nowhere', timing, look);
  });
  afterEach(() => {
    hints.close();
    vi.useRealTimers();
  });

  it('looks once when a burst of events has ended', () => {
    for (let event = 0; event < 5; event += 1) {
      hints.notify();
      vi.advanceTimersByTime(100);
    }
    expect(look).not.toHaveBeenCalled();
    vi.advanceTimersByTime(150);
    expect(look).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(5000);
    expect(look).toHaveBeenCalledOnce();
  });

  it('looks every second though events never end', () => {
    for (let elapsedMs = 0; elapsedMs < 5000; elapsedMs += 100) {
      hints.notify();
      vi.advanceTimersByTime(100);
    }
    expect(look.mock.calls.length).toBeGreaterThanOrEqual(4);
  });

  it('looks every half minute with no event at all', () => {
    vi.advanceTimersByTime(90_000);
    expect(look).toHaveBeenCalledTimes(3);
  });

  it('looks no more once it is closed', () => {
    hints.notify();
    hints.close();
    hints.notify();
    vi.advanceTimersByTime(90_000);
    expect(look).not.toHaveBeenCalled();
  });
});
