import { describe, expect, it, vi } from 'vitest';
import { serve } from '../../../src/cli/commands/serve-command.ts';
import { ConfigError } from '../../../src/domain/config-error.ts';
import { FakeIo } from '../fake-io.ts';

const quiet = { LOG_LEVEL: 'silent' };
const running = { url: 'http://127.0.0.1:4711', stop: async () => {} };

async function serveUntilStopped(io: FakeIo, found = running): Promise<number> {
  return await serve(io, async () => {
    io.signal();
    return found;
  });
}

describe('serve', () => {
  it('passes the settings of the environment on and returns 0', async () => {
    const io = new FakeIo({ ...quiet, PORT: '4711' });
    const start = vi.fn(async () => {
      io.signal();
      return running;
    });
    expect(await serve(io, start)).toBe(0);
    expect(start).toHaveBeenCalledWith(expect.objectContaining({ settings: expect.objectContaining({ port: 4711 }) }));
  });

  it('prints its URL on a terminal, and only the log into a pipe', async () => {
    const terminal = new FakeIo(quiet, 80);
    await serveUntilStopped(terminal);
    expect(terminal.stdout).toBe('Newswire is running at http://127.0.0.1:4711\n');
    const pipe = new FakeIo(quiet);
    await serveUntilStopped(pipe);
    expect(pipe.stdout).toBe('');
  });

  it('logs text on a terminal, with colours unless NO_COLOR is set', async () => {
    const terminal = new FakeIo({ NO_COLOR: '1' }, 80);
    await serveUntilStopped(terminal);
    expect(terminal.stdout).toMatch(
      /^Newswire is running at .*\n\d\d:\d\d:\d\d INFO {2}stopping reason=signal signal=SIGTERM\n/,
    );
    const coloured = new FakeIo({}, 80);
    await serveUntilStopped(coloured);
    expect(coloured.stdout).toContain('\u001b[32mINFO ');
  });

  it('logs text into a pipe when LOG_FORMAT asks for it, without colours', async () => {
    const pipe = new FakeIo({ LOG_FORMAT: 'pretty' });
    await serveUntilStopped(pipe);
    expect(pipe.stdout).toMatch(/INFO {2}stopped code=0\n$/);
    expect(pipe.stdout).not.toContain('\u001b');
  });

  it('warns of a variable whose name is almost one of ours', async () => {
    const io = new FakeIo({ LOG_FORMAT: 'pretty', LOG_LEVL: 'debug', PATH: '/bin' });
    await serveUntilStopped(io);
    const warnings = io.stdout.split('\n').filter((line) => line.includes('WARN'));
    expect(warnings).toEqual([expect.stringContaining('unknown variable LOG_LEVL; did you mean LOG_LEVEL?')]);
  });

  it('prints no URL when it only polls', async () => {
    const io = new FakeIo(quiet, 80);
    await serveUntilStopped(io, { ...running, url: '' });
    expect(io.stdout).toBe('');
  });

  it('rejects when the server cannot start', async () => {
    const fault = new ConfigError([{ where: 'PORT', what: 'in use', remedy: 'Stop the other one' }]);
    await expect(serve(new FakeIo(quiet), () => Promise.reject(fault))).rejects.toBe(fault);
  });
});
