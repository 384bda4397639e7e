import { afterEach, describe, expect, it } from 'vitest';
import { NewswireClient } from '../../src/client/client.ts';
import { seededRandom } from '../../src/demo/random.ts';
import { startLive, type TestLiveServer } from '../support/live/live-server.ts';

let server: TestLiveServer;
const clients: NewswireClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

/** A client of the real server without pauses. */
function connect(after: string, options: { readonly overStream: boolean }): { client: NewswireClient; seqs: number[] } {
  const seqs: number[] = [];
  const url = `http://127.0.0.1:${server.port}`;
  const noSocket = options.overStream ? { openSocket: null } : {};
  const client = new NewswireClient(url, { after, runtime: { random: () => 0, ...noSocket } });
  client.on('item', ({ seq }) => void seqs.push(seq));
  clients.push(client);
  return { client, seqs };
}

describe.each([
  ['a WebSocket', false],
  ['a stream', true],
])('the client over %s', (_, overStream) => {
  it('gets every item once and in order, however often its connection is cut', { timeout: 30_000 }, async () => {
    server = await startLive();
    const random = seededRandom(7);
    const readers = [0, 1, 2].map(() => connect('floor', { overStream }));
    for (let round = 0; round < 150; round += 1) {
      server.publish(1 + Math.floor(random() * 6));
      await new Promise((resolve) => setImmediate(resolve));
      // Cut at any byte: connections are destroyed while the server sends.
      if (random() < 0.2) for (const socket of server.sockets) if (random() < 0.5) socket.resetAndDestroy();
    }
    const head = server.log.headSeq;
    const all = Array.from({ length: head }, (_, index) => index + 1);
    for (const { client, seqs } of readers) {
      await expect.poll(() => client.cursor, { timeout: 20_000 }).toBe(`e1-${head}`);
      expect(seqs).toEqual(all);
    }
    expect(server.sockets.length).toBeGreaterThan(6);
  });

  it('reconnects after bye', async () => {
    server = await startLive();
    const { client, seqs } = connect('floor', { overStream });
    const states: string[] = [];
    client.on('state', (state) => void states.push(state));
    server.publish(3);
    await expect.poll(() => client.state).toBe('live');
    // In this time a WebSocket ends because of a missing pong, a stream because of its age.
    server.advance(600_000);
    expect(server.parts.sessions.closes.get(overStream ? 4006 : 4002)).toBe(1);
    await expect.poll(() => states).toContain('waiting');
    server.publish(3);
    await expect.poll(() => seqs.length, { timeout: 10_000 }).toBe(6);
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
