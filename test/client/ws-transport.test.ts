import { describe, expect, it } from 'vitest';
import type { SocketListener } from '../../src/client/client-types.ts';
import { WebSocketTransport } from '../../src/client/ws-transport.ts';
import type { WireFilter } from '../../src/domain/events/wire.ts';
import { protocolMessages } from '../support/client/scripted-server.ts';

/** A link over a socket that a test plays. */
function linkOf(filters: readonly WireFilter[] = [{}]) {
  const sent: Record<string, unknown>[] = [];
  const timers = new Map<() => void, number>();
  const heard: { current: SocketListener | null } = { current: null };
  const socket = { isOpen: true };
  const link = new WebSocketTransport('ws://news.example.org/live', filters, {
    openSocket: (_url, _protocol, listener) => {
      heard.current = listener;
      return {
        send(text) {
          if (!socket.isOpen) throw new Error('the socket is closed');
          sent.push(JSON.parse(text) as Record<string, unknown>);
        },
        close() {
          socket.isOpen = false;
        },
      };
    },
    setTimer(ms, run) {
      timers.set(run, ms);
      return () => void timers.delete(run);
    },
  });
  return {
    link,
    sent,
    timers,
    hear: (message: object) => heard.current?.message(JSON.stringify(message)),
    hearClose: (code: number, reason = '') => heard.current?.closed(code, reason),
  };
}

describe('WebSocketTransport', () => {
  it('subscribes to several filters at once', () => {
    const filters = [{ sections: ['World'] }, { q: 'tax' }];
    const { link, sent, hear } = linkOf(filters);
    link.subscribe('e1-1');
    hear(protocolMessages.welcome);
    expect(sent).toEqual([{ type: 'subscribe', id: 's1', after: 'e1-1', filters }]);
  });

  it('subscribes only after the welcome', () => {
    const { link, sent, hear } = linkOf();
    link.subscribe('head');
    expect(sent).toEqual([]);
    hear(protocolMessages.welcome);
    expect(sent).toEqual([{ type: 'subscribe', id: 's1', after: 'head', filter: {} }]);
  });

  it('returns no messages of the previous subscription, including its end', async () => {
    const { link, hear } = linkOf();
    link.subscribe('e1-3');
    hear(protocolMessages.welcome);
    hear(protocolMessages.subscribed('s1', 'e1-3'));
    hear(protocolMessages.item(4));
    link.subscribe('e1-1');
    hear(protocolMessages.item(5));
    hear(protocolMessages.reset('s1'));
    hear({ type: 'error', id: 's1', code: 'unknown_subscription', message: '' });
    hear(protocolMessages.subscribed('s2', 'e1-1'));
    hear(protocolMessages.item(2));
    expect(await link.next()).toMatchObject({ type: 'subscribed', id: 's2' });
    expect(await link.next()).toMatchObject({ type: 'item', seq: 2 });
  });

  it('times out only when no message arrives', async () => {
    const { link, timers, hear } = linkOf();
    const patience = () => [...timers.values()];
    const first = [...timers.keys()][0];
    expect(patience()).toEqual([15_000]);
    hear({ type: 'ping' });
    expect([...timers.keys()]).toHaveLength(1);
    expect(timers.has(first as () => void)).toBe(true);
    timers.clear();
    hear({ type: 'ping' });
    expect(patience()).toEqual([15_000]);
    hear(protocolMessages.welcome);
    expect(patience()).toEqual([50_000]);
    for (const run of timers.keys()) run();
    await link.next();
    await link.next();
    expect(await link.next()).toBe(null);
    expect(link.end).toEqual({ established: true, code: null, reason: 'timeout', fatal: false });
  });

  it('returns messages received before its end, and has no effect after it', async () => {
    const { link, sent, hear, hearClose } = linkOf();
    link.subscribe('head');
    hear(protocolMessages.welcome);
    hear(protocolMessages.subscribed('s1', 'e1-0'));
    hear(protocolMessages.item(1));
    hearClose(1006);
    hear(protocolMessages.item(2));
    expect(await link.next()).toMatchObject({ type: 'subscribed' });
    link.subscribe('e1-0');
    expect(await link.next()).toMatchObject({ type: 'item', seq: 1 });
    expect(await link.next()).toBe(null);
    expect(sent).toHaveLength(1);
    expect(link.end).toMatchObject({ established: true, code: 1006, fatal: false });
  });

  it('keeps the reason of bye, whatever closes it afterwards', async () => {
    const { link, hear, hearClose } = linkOf();
    hear(protocolMessages.welcome);
    hear(protocolMessages.bye(4500, 'bad_message'));
    hearClose(1006, 'broken');
    await link.next();
    expect(await link.next()).toBe(null);
    expect(link.end).toEqual({ established: true, code: 4500, reason: 'bad_message', fatal: true });
  });

  it('returns no messages after it is closed', async () => {
    const { link, hear } = linkOf();
    hear({ type: 'ping' });
    link.close();
    expect(await link.next()).toBe(null);
  });
});
