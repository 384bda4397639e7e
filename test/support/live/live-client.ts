import { WebSocket } from 'ws';
import type { ServerMessage, WireEvent } from '../../../src/domain/events/wire.ts';
import { until } from '../until.ts';

/** A client on top of `ws` that records all messages and follows the client rule. It shares no code with our client. */
export interface LiveClient {
  readonly messages: readonly ServerMessage[];
  /** Events applied, in order, after the client rule (a gap throws, a repeat is dropped). */
  readonly applied: readonly WireEvent[];
  readonly repeats: number;
  /** The cursor to resume from. */
  cursor(): string;
  send(message: object): void;
  /** Resolves with the first message of a type. */
  first<T extends ServerMessage['type']>(type: T): Promise<Extract<ServerMessage, { type: T }>>;
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  close(): void;
}

/** Connects to `/live` of a server at `url` (http), with a query such as `?after=floor`. */
export async function connectLive(url: string, query = ''): Promise<LiveClient> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/live${query}`, 'newswire.v1.json');
  const messages: ServerMessage[] = [];
  const applied: WireEvent[] = [];
  const state = { last: 0, epoch: '', repeats: 0 };

  const apply = (event: WireEvent): void => {
    if (event.prev > state.last) throw new Error(`a gap: prev ${event.prev} after ${state.last}`);
    if (event.seq <= state.last) state.repeats += 1;
    else applied.push(event);
    state.last = Math.max(state.last, event.seq);
  };
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as ServerMessage;
    messages.push(message);
    if (message.type === 'welcome') state.epoch = message.epoch;
    if (message.type === 'subscribed') state.last = Number(message.after.split('-')[1]);
    if (message.type === 'item') apply(message);
    if (message.type === 'items') message.list.forEach(apply);
    if (message.type === 'live' || message.type === 'pos') state.last = Math.max(state.last, message.seq);
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  // A killed server resets the connection. Tests wait for the `close` event that follows.
  socket.on('error', () => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    messages,
    applied,
    get repeats() {
      return state.repeats;
    },
    cursor: () => `${state.epoch}-${state.last}`,
    send: (message) => socket.send(JSON.stringify(message)),
    first: (type) =>
      until(`a ${type} message`, () =>
        messages.find((m): m is Extract<ServerMessage, { type: typeof type }> => m.type === type),
      ),
    closed,
    close: () => socket.close(),
  };
}
