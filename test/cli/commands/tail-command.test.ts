import { describe, expect, it } from 'vitest';
import { type TailOptions, tail } from '../../../src/cli/commands/tail-command.ts';
import { runCommand } from '../../../src/cli/program.ts';
import { toWireBody } from '../../../src/domain/events/wire-item.ts';
import { anItem } from '../../support/builders.ts';
import { startScriptedServer } from '../../support/client/scripted-server.ts';
import { startLive, type TestLiveServer } from '../../support/live/live-server.ts';
import { startOrigin } from '../../support/origin.ts';
import { until } from '../../support/until.ts';
import { useCleanups } from '../../support/use-cleanups.ts';
import { FakeIo } from '../fake-io.ts';

const cleanups = useCleanups();

async function start(): Promise<TestLiveServer> {
  const server = await startLive();
  cleanups.push(() => server.close());
  return server;
}

function publish(server: TestLiveServer, id: number, section = 'World'): void {
  const facets = { sections: [section], sources: ['example'], text: `Headline ${id}` };
  server.log.append({ itemId: id, facets, body: JSON.stringify(toWireBody(anItem(id, { section }))) });
  server.notify();
}

/** A tail that runs until `end`. */
function run(url: string, options: TailOptions = {}) {
  const io = new FakeIo({}, 100);
  const ended = tail(io, { url, ...options });
  cleanups.push(() => io.signal('SIGINT'));
  return { io, ended, isLive: () => until('to be live', () => io.stderr.includes('connected to') || null) };
}

const linesOf = (io: FakeIo) => io.stdout.trimEnd().split('\n');

describe('newswire tail', () => {
  it('prints items from now on and exits with 0 at a signal', async () => {
    const server = await start();
    publish(server, 1);
    const { io, ended, isLive } = run(server.url('/'));
    await isLive();
    publish(server, 2);
    await until('a line', () => io.stdout.includes('Headline 2') || null);
    expect(linesOf(io)).toEqual([expect.stringMatching(/^ *[\d:-]+ ?[\d:]* {2}Example {13}World {9}Headline 2$/)]);
    expect(io.stderr).toBe(`connected to ${server.url('/')}; press Ctrl+C to stop\n`);
    io.signal('SIGINT');
    expect(await ended).toBe(0);
  });

  it('starts from a cursor or the floor, and applies the filter', async () => {
    const server = await start();
    for (const [id, section] of [
      [1, 'World'],
      [2, 'Science'],
      [3, 'World'],
      [4, 'World'],
    ] as const) {
      publish(server, id, section);
    }
    const all = run(server.url('/'), { after: 'floor' });
    const some = run(server.url('/live'), { after: 'e1-2', section: ['world'], source: ['example'], q: 'headline -4' });
    await Promise.all([all.isLive(), some.isLive()]);
    expect(linesOf(all.io).map((line) => line.slice(-1))).toEqual(['1', '2', '3', '4']);
    expect(linesOf(some.io).map((line) => line.slice(-1))).toEqual(['3']);
  });

  it('prints one JSON object per event', async () => {
    const server = await start();
    publish(server, 1);
    server.log.append({ op: 'remove', itemId: 1, facets: { sections: ['World'] } });
    server.notify();
    const { io, isLive } = run(server.url('/'), { after: 'floor', json: true });
    await isLive();
    const [added, removed] = linesOf(io).map((line) => JSON.parse(line) as unknown);
    expect(added).toMatchObject({ op: 'add', seq: 1, item: { id: 1, title: 'Headline 1', section: 'World' } });
    expect(removed).toEqual({ op: 'remove', seq: 2, item: { id: 1, url: 'https://example.org/1' } });
  });

  it('reports a lost and restored connection, and misses nothing', async () => {
    const server = await start();
    const { io, isLive } = run(server.url('/'));
    await isLive();
    for (const socket of server.sockets) socket.resetAndDestroy();
    await until('the remark', () => io.stderr.includes('connection lost; reconnecting\n') || null);
    publish(server, 1);
    await until('the line', () => io.stdout.includes('Headline 1') || null);
    await until('to be live again', () => io.stderr.split('connected to').length === 3 || null);
    expect(linesOf(io)).toHaveLength(1);
  });

  it('reports when earlier events cannot be replayed', async () => {
    const server = await start();
    publish(server, 1);
    const { io, isLive } = run(server.url('/'), { after: 'other-1' });
    await isLive();
    expect(io.stderr).toContain('earlier events cannot be replayed (epoch_changed); continuing after e1-1\n');
    publish(server, 2);
    await until('the next line', () => io.stdout.includes('Headline 2') || null);
  });

  it('uses server-sent events where WebSocket is blocked', { timeout: 30_000 }, async () => {
    const server = await start();
    publish(server, 1);
    const scripted = await startScriptedServer();
    cleanups.push(() => scripted.close());
    scripted.refusesSockets = true;
    scripted.answer = (request, response) => {
      void fetch(server.url(request.url ?? '')).then(
        async ({ body }) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          for await (const chunk of body as ReadableStream<Uint8Array>) response.write(chunk);
        },
        (error: Error) => response.destroy(error),
      );
    };
    const { io, isLive } = run(scripted.url, { after: 'floor' });
    await isLive();
    expect(io.stdout).toContain('Headline 1');
  });

  it('exits with a clear message when the address never answers', { timeout: 30_000 }, async () => {
    const origin = await startOrigin();
    await origin.close();
    await expect(run(origin.url).ended).rejects.toThrow(
      `no Newswire server answers at ${origin.url}; check that it is running and that the address is right`,
    );
  });

  it('exits with a clear message when another server answers', { timeout: 30_000 }, async () => {
    const origin = await startOrigin();
    cleanups.push(() => origin.close());
    await expect(run(origin.url).ended).rejects.toThrow(`no Newswire server answers at ${origin.url}`);
  });

  it('exits with the message of a server that refuses the filter', async () => {
    const server = await start();
    await expect(run(server.url('/'), { q: '-' }).ended).rejects.toThrow(/refused: 'q' contains no search term/);
  });

  it('exits with 0 at a signal before the first message', async () => {
    const origin = await startOrigin();
    await origin.close();
    const { io, ended } = run(origin.url);
    io.signal('SIGINT');
    expect(await ended).toBe(0);
  });

  it('uses the address in the environment', async () => {
    const server = await start();
    const io = new FakeIo({ HOST: '0.0.0.0', PORT: String(server.port) });
    const ended = tail(io, {});
    await until('to be live', () => io.stderr.includes(`connected to http://127.0.0.1:${server.port};`) || null);
    io.signal('SIGTERM');
    expect(await ended).toBe(0);
    await expect(tail(new FakeIo({ PORT: '0' }), {})).rejects.toThrow('give it with --url');
  });

  it.each([
    [['--after', 'yesterday']],
    [['--url', 'nonsense']],
    [['--url', 'ftp://example.org']],
    [['extra']],
  ])('refuses %j', async (args) => {
    const io = new FakeIo();
    expect(await runCommand(['tail', ...args], io)).toBe(2);
    expect(io.stderr).not.toBe('');
  });
});
