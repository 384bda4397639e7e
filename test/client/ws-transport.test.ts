import { describe, expect, it } from 'vitest';
import type { SocketListener } from '../../src/client/client-types.ts';
import { WebSocketTransport } from '../../src/client/ws-transport.ts';
import type { WireFilter } from '../../src/domain/events/wire.ts';
import { protocolMessages } from '../support/client/scripted-server.ts';

/** A transport over a scripted socket. */
function createTransport(filters: readonly WireFilter[] = [{}]) {
  const sent: Record<string, unknown>[] = [];
  const timers = new Map<() => void, number>();
  const attached: { current: SocketListener | null } = { current: null };
  const socket = { isOpen: true };
  const transport = new WebSocketTransport('ws://news.example.org/live', filters, {
    openSocket: (_url, _protocol, listener) => {
      attached.current = listener;
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
    transport,
    sent,
    timers,
    receive: (message: object) => attached.current?.message(JSON.stringify(message)),
    receiveClose: (code: number, reason = '') => attached.current?.closed(code, reason),
  };
}

describe('WebSocketTransport', () => {
  it('subscribes to several filters at once', () => {
    const filters = [{ sections: ['World'] }, { q: 'tax' }];
    const { transport, sent, receive } = createTransport(filters);
    transport.subscribe('e1-1');
    receive(protocolMessages.welcome);
    expect(sent).toEqual([{ type: 'subscribe', id: 's1', after: 'e1-1', filters }]);
  });

  it('subscribes only after the welcome', () => {
    const { transport, sent, receive } = createTransport();
    transport.subscribe('head');
    expect(sent).toEqual([]);
    receive(protocolMessages.welcome);
    expect(sent).toEqual([{ type: 'subscribe', id: 's1', after: 'head', filter: {} }]);
  });

  it('returns no messages of the previous subscription, including its end', async () => {
    const { transport, receive } = createTransport();
    transport.subscribe('e1-3');
    receive(protocolMessages.welcome);
    receive(protocolMessages.subscribed('s1', 'e1-3'));
    receive(protocolMessages.item(4));
    transport.subscribe('e1-1');
    receive(protocolMessages.item(5));
    receive(protocolMessages.reset('s1'));
    receive({ type: 'error', id: 's1', code: 'unknown_subscription', message: '' });
    receive(protocolMessages.subscribed('s2', 'e1-1'));
    receive(protocolMessages.item(2));
    expect(await transport.next()).toMatchObject({ type: 'subscribed', id: 's2' });
    expect(await transport.next()).toMatchObject({ type: 'item', seq: 2 });
  });

  it('times out only when no message arrives', async () => {
    const { transport, timers, receive } = createTransport();
    const patience = () => [...timers.values()];
    const first = [...timers.keys()][0];
    expect(patience()).toEqual([15_000]);
    receive({ type: 'ping' });
    expect([...timers.keys()]).toHaveLength(1);
    expect(timers.has(first as () => void)).toBe(true);
    timers.clear();
    receive({ type: 'ping' });
    expect(patience()).toEqual([15_000]);
    receive(protocolMessages.welcome);
    expect(patience()).toEqual([50_000]);
    for (const run of timers.keys()) run();
    await transport.next();
    await transport.next();
    expect(await transport.next()).toBe(null);
    expect(transport.end).toEqual({ established: true, code: null, reason: 'timeout', fatal: false });
  });

  it('returns messages received before its end, and has no effect after it', async () => {
    const { transport, sent, receive, receiveClose } = createTransport();
    transport.subscribe('head');
    receive(protocolMessages.welcome);
    receive(protocolMessages.subscribed('s1', 'e1-0'));
    receive(protocolMessages.item(1));
    receiveClose(1006);
    receive(protocolMessages.item(2));
    expect(await transport.next()).toMatchObject({ type: 'subscribed' });
    transport.subscribe('e1-0');
    expect(await transport.next()).toMatchObject({ type: 'item', seq: 1 });
    expect(await transport.next()).toBe(null);
    expect(sent).toHaveLength(1);
    expect(transport.end).toMatchObject({ established: true, code: 1006, fatal: false });
  });

  it('keeps the reason of bye, whatever closes it afterwards', async () => {
    const { transport, receive, receiveClose } = createTransport();
    receive(protocolMessages.welcome);
    receive(protocolMessages.bye(4500, 'bad_message'));
    receiveClose(1006, 'broken');
    await transport.next();
    expect(await transport.next()).toBe(null);
    expect(transport.end).toEqual({ established: true, code: 4500, reason: 'bad_message', fatal: true });
  });

  it('returns no messages after it is closed', async () => {
    const { transport, receive } = createTransport();
    receive({ type: 'ping' });
    transport.close();
    expect(await transport.next()).toBe(null);
  });
});
