import { describe, expect, it, vi } from 'vitest';
import { processIo } from '../../../src/cli/shared/io.ts';

describe('processIo', () => {
  it('calls the listener on SIGTERM and SIGINT until it is removed', () => {
    const before = process.listenerCount('SIGTERM');
    const listener = vi.fn();
    const off = processIo({}).onSignal(listener);
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    expect(listener.mock.calls.map(([signal]) => signal)).toEqual(['SIGTERM', 'SIGINT']);
    off();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('has no width when stdout is not a terminal', () => {
    expect(processIo({}).columns).toBe((process.stdout.isTTY && process.stdout.columns) || null);
  });
});
