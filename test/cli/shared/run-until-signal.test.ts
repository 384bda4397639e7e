import { describe, expect, it, vi } from 'vitest';
import { runUntilSignal } from '../../../src/cli/shared/run-until-signal.ts';
import { FakeIo } from '../fake-io.ts';

function scene(stopWithinMs = 60_000) {
  const io = new FakeIo();
  const started = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const stop = vi.fn(() => stopped.promise);
  const onStarted = vi.fn();
  const onSlowStop = vi.fn();
  const start = async () => {
    await started.promise;
    return { url: 'http://127.0.0.1:3000', stop };
  };
  const code = runUntilSignal(io, start, { stopWithinMs, onStarted, onSlowStop });
  return { io, started, stopped, stop, onStarted, onSlowStop, code };
}

describe('runUntilSignal', () => {
  it('stops in order at the first signal and returns 0', async () => {
    const { io, started, stopped, stop, code, onStarted } = scene();
    started.resolve();
    await vi.waitFor(() => expect(onStarted).toHaveBeenCalledOnce());
    expect(stop).not.toHaveBeenCalled();
    io.signal();
    stopped.resolve();
    expect(await code).toBe(0);
    expect(stop).toHaveBeenCalledOnce();
    expect(io.signal()).toBe(false);
  });

  it('returns at once at the second signal', async () => {
    const { io, started, stop, code } = scene();
    started.resolve();
    io.signal('SIGINT');
    await vi.waitFor(() => expect(stop).toHaveBeenCalledOnce());
    io.signal('SIGINT');
    expect(await code).toBe(1);
  });

  it('does not count a second SIGHUP of one terminal as a second signal', async () => {
    const { io, started, stopped, code } = scene();
    started.resolve();
    io.signal('SIGHUP');
    io.signal('SIGHUP');
    stopped.resolve();
    expect(await code).toBe(0);
  });

  it('returns when stopping takes too long, and reports it', async () => {
    const { io, started, code, onSlowStop } = scene(5);
    started.resolve();
    io.signal();
    expect(await code).toBe(0);
    expect(onSlowStop).toHaveBeenCalledOnce();
  });

  it('stops as soon as it has started when the signal came during the start', async () => {
    const { io, started, stopped, stop, code } = scene();
    io.signal();
    expect(stop).not.toHaveBeenCalled();
    stopped.resolve();
    started.resolve();
    expect(await code).toBe(0);
    expect(stop).toHaveBeenCalledOnce();
  });

  it('rejects when the start fails', async () => {
    const { io, started, code } = scene();
    started.reject(new Error('no port'));
    await expect(code).rejects.toThrow('no port');
    expect(io.signal()).toBe(false);
  });

  it('rejects when stopping fails', async () => {
    const { io, started, stopped, code } = scene();
    started.resolve();
    io.signal();
    stopped.reject(new Error('no end'));
    await expect(code).rejects.toThrow('no end');
  });
});
