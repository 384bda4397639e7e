import { describe, expect, it, vi } from 'vitest';
import { runUntilSignal } from '../../../src/cli/shared/run-until-signal.ts';
import { FakeIo } from '../fake-io.ts';

function scene(stopWithinMs = 60_000) {
  const io = new FakeIo();
  const started = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const lockLost = Promise.withResolvers<void>();
  const stop = vi.fn(() => stopped.promise);
  const onStarted = vi.fn();
  const logged: [level: string, facts: object, message: string][] = [];
  const write = (level: string) => (facts: object, message: string) => void logged.push([level, facts, message]);
  const log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  const start = async () => {
    await started.promise;
    return { url: 'http://127.0.0.1:3000', lockLost: lockLost.promise, stop };
  };
  const code = runUntilSignal(io, start, { log, stopWithinMs, onStarted });
  return { io, started, stopped, lockLost, stop, onStarted, logged, code };
}

const stoppedWith = (code: number) => ['info', { code }, 'stopped'];

describe('runUntilSignal', () => {
  it('stops in order at the first signal, logs both, and returns 0', async () => {
    const { io, started, stopped, stop, code, onStarted, logged } = scene();
    started.resolve();
    await vi.waitFor(() => expect(onStarted).toHaveBeenCalledOnce());
    expect(stop).not.toHaveBeenCalled();
    io.signal();
    stopped.resolve();
    expect(await code).toBe(0);
    expect(stop).toHaveBeenCalledOnce();
    expect(io.signal()).toBe(false);
    expect(logged).toEqual([['info', { reason: 'signal', signal: 'SIGTERM' }, 'stopping'], stoppedWith(0)]);
  });

  it('returns at once at the second signal', async () => {
    const { io, started, stop, code, logged } = scene();
    started.resolve();
    io.signal('SIGINT');
    await vi.waitFor(() => expect(stop).toHaveBeenCalledOnce());
    io.signal('SIGINT');
    expect(await code).toBe(1);
    expect(logged.at(-1)).toEqual(stoppedWith(1));
  });

  it('returns at once at the second signal during the start', async () => {
    const { io, code } = scene();
    io.signal('SIGINT');
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
    const { io, started, code, logged } = scene(5);
    started.resolve();
    io.signal();
    expect(await code).toBe(0);
    expect(logged.slice(1)).toEqual([['warn', {}, 'stopping took too long; exiting anyway'], stoppedWith(0)]);
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

  it('stops in order when the lock is lost, and returns 1', async () => {
    const { started, stopped, lockLost, stop, code, logged } = scene();
    started.resolve();
    lockLost.resolve();
    stopped.resolve();
    expect(await code).toBe(1);
    expect(stop).toHaveBeenCalledOnce();
    const remedy = expect.stringContaining('.lock file');
    expect(logged).toEqual([['error', { reason: 'lock_lost', remedy }, 'stopping'], stoppedWith(1)]);
  });

  it('stops in order at an error that nothing has caught, and returns 1', async () => {
    const { io, started, stopped, stop, code, logged, onStarted } = scene();
    started.resolve();
    await vi.waitFor(() => expect(onStarted).toHaveBeenCalledOnce());
    const fault = new Error('a bug');
    io.fault(fault);
    stopped.resolve();
    expect(await code).toBe(1);
    expect(stop).toHaveBeenCalledOnce();
    expect(logged).toEqual([
      ['error', { err: fault }, 'an internal error was not handled'],
      ['error', { reason: 'fault' }, 'stopping'],
      stoppedWith(1),
    ]);
  });

  it('rejects with an error that nothing has caught during the start', async () => {
    const { io, code } = scene();
    io.fault(new Error('a bug'));
    await expect(code).rejects.toThrow('a bug');
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
