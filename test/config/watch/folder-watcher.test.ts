import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FolderWatcher } from '../../../src/config/watch/folder-watcher.ts';

const timing = { quietMs: 250, maxWaitMs: 1000, identityCheckMs: 3_600_000, rereadMs: 30_000 };

describe('FolderWatcher', () => {
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

  it('calls back once after a burst of events', () => {
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

  it('calls back every second during continuous events', () => {
    for (let elapsedMs = 0; elapsedMs < 5000; elapsedMs += 100) {
      hints.notify();
      vi.advanceTimersByTime(100);
    }
    expect(look.mock.calls.length).toBeGreaterThanOrEqual(4);
  });

  it('calls back every half minute without events', () => {
    vi.advanceTimersByTime(90_000);
    expect(look).toHaveBeenCalledTimes(3);
  });

  it('does not call back after close', () => {
    hints.notify();
    hints.close();
    hints.notify();
    vi.advanceTimersByTime(90_000);
    expect(look).not.toHaveBeenCalled();
  });
});
