import { describe, expect, it } from 'vitest';
import type { WireCounts } from '../../src/domain/events/wire.ts';
import { protocolMessages } from '../support/client/scripted-server.ts';
import { useScriptedServer } from '../support/client/use-scripted-server.ts';

const scripted = useScriptedServer();

const counts = (id: number, reads: number): WireCounts => ({ id, reads, comments: 0, commentsRevision: 0 });

describe('watching items', () => {
  it('requests counts and emits them', async () => {
    const { client } = scripted.start();
    const received: WireCounts[] = [];
    const done = new Promise<void>((resolve) => {
      client.on('counts', (all) => {
        received.push(...all);
        if (received.length === 2) resolve();
      });
    });
    client.watch([17]);
    const peer = await scripted.server.peer();
    peer.send(protocolMessages.welcome);
    expect(await peer.nextMessage()).toMatchObject({ type: 'subscribe' });
    expect(await peer.nextMessage()).toEqual({ type: 'watch', items: [17] });
    peer.send({ type: 'counts', items: [counts(17, 1)] }, { type: 'counts', items: [counts(17, 2)] });
    await done;
    expect(received).toEqual([counts(17, 1), counts(17, 2)]);
  });

  it('requests the latest watched items on the next connection', async () => {
    const { client } = scripted.start();
    client.watch([17]);
    const first = await scripted.server.peer();
    first.send(protocolMessages.welcome);
    await first.nextMessage();
    await first.nextMessage();
    client.watch([17, 18]);
    expect(await first.nextMessage()).toEqual({ type: 'watch', items: [17, 18] });
    first.cut();
    const second = await scripted.server.peer();
    second.send(protocolMessages.welcome);
    await second.nextMessage();
    expect(await second.nextMessage()).toEqual({ type: 'watch', items: [17, 18] });
  });

  it('sends nothing while nothing is watched', async () => {
    const { client } = scripted.start();
    const peer = await scripted.server.peer();
    peer.send(protocolMessages.welcome);
    expect(await peer.nextMessage()).toMatchObject({ type: 'subscribe' });
    client.watch([]);
    expect(await peer.nextMessage()).toEqual({ type: 'watch', items: [] });
  });
});
