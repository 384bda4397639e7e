import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { serve } from '../../src/cli/serve.ts';
import { ConfigError } from '../../src/domain/config-error.ts';
import { FakeIo } from './fake-io.ts';

const quiet = { LOG_LEVEL: 'silent' };
const running = { url: 'http://127.0.0.1:4711', stop: async () => {} };

async function serveUntilStopped(io: FakeIo, found = running): Promise<number> {
  return await serve(io, async () => {
    io.signal();
    return found;
  });
}

describe('serve', () => {
  it('hands the settings of the environment on and ends with 0', async () => {
    const io = new FakeIo({ ...quiet, PORT: '4711' });
    const start = vi.fn(async () => {
      io.signal();
      return running;
    });
    expect(await serve(io, start)).toBe(0);
    expect(start).toHaveBeenCalledWith(expect.objectContaining({ settings: expect.objectContaining({ port: 4711 }) }));
  });

  it('tells a person where it is, and a pipe nothing but the log', async () => {
    const terminal = new FakeIo(quiet, 80);
    await serveUntilStopped(terminal);
    expect(terminal.stdout).toBe('Newswire is at http://127.0.0.1:4711\n');
    const pipe = new FakeIo(quiet);
    await serveUntilStopped(pipe);
    expect(pipe.stdout).toBe('');
  });

  it('names no address when it only polls', async () => {
    const io = new FakeIo(quiet, 80);
    await serveUntilStopped(io, { ...running, url: '' });
    expect(io.stdout).toBe('');
  });

  it('says in plain words that the port is taken', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const address = holder.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const start = async () => {
      const second = createServer().listen(port, '127.0.0.1');
      await new Promise((_, reject) => second.once('error', reject));
      return running;
    };
    try {
      await expect(serve(new FakeIo(quiet), start)).rejects.toThrow(
        new ConfigError([
          {
            where: 'PORT',
            what: 'another program listens there already',
            remedy: 'Stop it, set PORT to another number, or to 0 for any that is free',
          },
        ]),
      );
    } finally {
      holder.close();
    }
  });

  it('leaves other faults as they are', async () => {
    const fault = Object.assign(new Error('connect ECONNREFUSED'), { code: 'EADDRINUSE', syscall: 'bind-something' });
    await expect(serve(new FakeIo(quiet), () => Promise.reject(fault))).rejects.toBe(fault);
  });
});
