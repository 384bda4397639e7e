import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WireCounts } from '../../src/domain/events/wire.ts';
import { createRecordingClient } from '../support/client/recording-client.ts';
import { protocolMessages, type ScriptedServer, startScriptedServer } from '../support/client/scripted-server.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());

const counts = (id: number, reads: number): WireCounts => ({ id, reads, comments: 0, commentsRevision: 0 });

describe('watching items', () => {
  it('requests counts and emits them', async () => {
    const { client } = createRecordingClient(server.url);
    const told: WireCounts[] = [];
    const heard = new Promise<void>((resolve) => {
      client.on('counts', (all) => {
        told.push(...all);
        if (told.length === 2) resolve();
      });
    });
    client.watch([17]);
    const peer = await server.peer();
    peer.send(protocolMessages.welcome);
    expect(await peer.nextMessage()).toMatchObject({ type: 'subscribe' });
    expect(await peer.nextMessage()).toEqual({ type: 'watch', items: [17] });
    peer.send({ type: 'counts', items: [counts(17, 1)] }, { type: 'counts', items: [counts(17, 2)] });
    await heard;
    expect(told).toEqual([counts(17, 1), counts(17, 2)]);
    client.close();
  });

  it('requests the latest watched items on the next connection', async () => {
    const { client } = createRecordingClient(server.url);
    client.watch([17]);
    const first = await server.peer();
    first.send(protocolMessages.welcome);
    await first.nextMessage();
    await first.nextMessage();
    client.watch([17, 18]);
    expect(await first.nextMessage()).toEqual({ type: 'watch', items: [17, 18] });
    first.cut();
    const second = await server.peer();
    second.send(protocolMessages.welcome);
    await second.nextMessage();
    expect(await second.nextMessage()).toEqual({ type: 'watch', items: [17, 18] });
    client.close();
  });

  it('sends nothing while nothing is watched', async () => {
    const { client } = createRecordingClient(server.url);
    const peer = await server.peer();
    peer.send(protocolMessages.welcome);
    expect(await peer.nextMessage()).toMatchObject({ type: 'subscribe' });
    client.watch([]);
    expect(await peer.nextMessage()).toEqual({ type: 'watch', items: [] });
    client.close();
  });
});
