import { describe, expect, it, vi } from 'vitest';
import { processIo } from '../../../src/cli/shared/io.ts';

describe('processIo', () => {
  it('hears SIGTERM and SIGINT until it is told to stop', () => {
    const before = process.listenerCount('SIGTERM');
    const listener = vi.fn();
    const off = processIo({}).onSignal(listener);
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    expect(listener.mock.calls.map(([signal]) => signal)).toEqual(['SIGTERM', 'SIGINT']);
    off();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  it('knows no width when its output is no terminal', () => {
    expect(processIo({}).columns).toBe((process.stdout.isTTY && process.stdout.columns) || null);
  });
});
