import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { demo, type StartDemoServer } from '../../../src/cli/commands/demo-command.ts';
import { databaseFile } from '../../../src/config/environment/environment.ts';
import { outlets } from '../../../src/demo/outlets.ts';
import { FakeIo } from '../fake-io.ts';

type Given = Parameters<StartDemoServer>[0];

const options = { every: 60, seed: 1 };

/** Runs the demo with a fake server that records its settings, and ends it at once. */
async function runDemo(env: Record<string, string> = {}, look?: (given: Given) => Promise<void> | void) {
  const io = new FakeIo({ LOG_LEVEL: 'silent', ...env });
  const seen: Given[] = [];
  let stopped = false;
  const start: StartDemoServer = async (given) => {
    seen.push(given);
    await look?.(given);
    io.signal();
    return {
      url: 'http://127.0.0.1:4711',
      stop: async () => {
        stopped = true;
      },
    };
  };
  const code = await demo(io, options, { start });
  return { code, io, given: seen[0], stopped };
}

describe('demo', () => {
  it('starts a server for its newsroom and prints its URL', async () => {
    const { code, io, given, stopped } = await runDemo({}, async ({ declarations }) => {
      const response = await fetch(declarations.sources[0]?.url ?? '');
      expect(response.status).toBe(200);
    });
    expect(code).toBe(0);
    expect(stopped).toBe(true);
    expect(io.stdout).toMatch(/^Newswire is running at http:\/\/127\.0\.0\.1:4711\n/);
    expect(given?.declarations.sources).toHaveLength(outlets.length);
    expect(given?.pictureOrigins).toEqual([new URL(given?.declarations.sources[0]?.url ?? '').origin]);
    expect(given?.settings.allowPrivateNetworks).toEqual(['127.0.0.0/8']);
  });

  it('keeps all data in a temporary folder, and removes it', async () => {
    let folder = '';
    await runDemo({ FEEDS_DIR: '/elsewhere', ROLES: 'serve' }, ({ settings }) => {
      folder = path.dirname(databaseFile(settings.databaseUrl) ?? '');
      expect(existsSync(folder)).toBe(true);
      expect(settings.feedsDir).toBe(path.join(folder, 'feeds'));
      expect([...settings.roles]).toEqual(['poll', 'serve']);
    });
    expect(path.basename(folder)).toMatch(/^newswire-demo-/);
    expect(existsSync(folder)).toBe(false);
  });

  it('closes the newsroom when it ends', async () => {
    const { given } = await runDemo();
    await expect(fetch(given?.declarations.sources[0]?.url ?? '')).rejects.toThrow();
  });

  it('leaves nothing behind when the server cannot start', async () => {
    let given: Given | undefined;
    const start: StartDemoServer = async (options) => {
      given = options;
      throw new Error('no room');
    };
    await expect(demo(new FakeIo({ LOG_LEVEL: 'silent' }), options, { start })).rejects.toThrow('no room');
    expect(existsSync(path.dirname(databaseFile(given?.settings.databaseUrl ?? '') ?? ''))).toBe(false);
    await expect(fetch(given?.declarations.sources[0]?.url ?? '')).rejects.toThrow();
  });

  it('uses the given PORT', async () => {
    expect((await runDemo({ PORT: '4712' })).given?.settings.port).toBe(4712);
  });

  it('uses any free port when the default one is taken', async () => {
    const holder = createServer();
    // The default port may be in use already, which serves the test as well.
    await new Promise<void>((resolve) => holder.once('error', () => resolve()).listen(3000, '127.0.0.1', resolve));
    try {
      expect((await runDemo()).given?.settings.port).toBe(0);
    } finally {
      holder.close();
    }
  });
});
