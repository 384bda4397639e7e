import { WebSocket } from 'ws';
import type { ServerMessage } from '../../src/domain/events/wire.ts';
import { type BenchTarget, logBoundsAt, withBenchTarget } from './bench-target.ts';
import { keptMessages } from './nchan.ts';

/** Events that a client which disconnected after the first event and reconnected never received, without notice. */
export interface LossReport {
  /** When all missed events are still buffered. */
  readonly within: number;
  /** When it missed 100 more than are buffered or replayed. */
  readonly behind: number;
}

const few = 100;
/** Maximum replay of a subscription. */
const mostReplayed = 50_000;
const quietMs = 1000;
const textBytes = 10;

/** Newswire: the client reconnects with its cursor, and gets a reset when it cannot be replayed. */
export async function lostByNewswire(): Promise<LossReport> {
  return withBenchTarget('newswire', async ({ port, publish }) => {
    await publish({ commits: 1, textBytes });
    const { epoch } = await logBoundsAt(port);
    const lost = async (missed: number): Promise<number> => {
      const messages = await messagesOf(`ws://127.0.0.1:${port}/live?after=${epoch}-1`);
      const received = messages.map((text) => JSON.parse(text) as ServerMessage);
      if (received.some(({ type }) => type === 'reset')) return 0;
      return missed - seqsIn(messages).size;
    };
    await publish({ commits: few, textBytes });
    const within = await lost(few);
    await publish({ commits: mostReplayed / 500, events: 500, textBytes });
    return { within, behind: await lost(mostReplayed + few) };
  });
}

/** nchan: the client reconnects with the id of its last message, and gets the buffered messages. */
export async function lostByNchan(): Promise<LossReport> {
  return withBenchTarget('nchan', async ({ port, publish }) => {
    const url = `ws://127.0.0.1:${port}/live`;
    const id = await firstId(url, publish);
    const lost = async (missed: number): Promise<number> =>
      missed - seqsIn(await messagesOf(url, { headers: { 'last-event-id': id } })).size;
    await publish({ commits: few, textBytes });
    const within = await lost(few);
    await publish({ commits: 1, events: keptMessages, textBytes });
    return { within, behind: await lost(keptMessages + few) };
  });
}

/** Message ids are sent only with nchan's own subprotocol. */
async function firstId(url: string, publish: BenchTarget['publish']): Promise<string> {
  const socket = new WebSocket(url, ['ws+meta.nchan']);
  try {
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const message = new Promise<string>((resolve, reject) =>
      socket
        .once('message', (data) => resolve(String(data)))
        .once('close', () => reject(new Error('nchan has closed'))),
    );
    await publish({ commits: 1, textBytes });
    const id = /^id: (\S+)/.exec(await message)?.[1];
    if (id === undefined) throw new Error('a message of nchan has no id');
    return id;
  } finally {
    socket.terminate();
  }
}

/** The messages of a client until no more arrive. */
async function messagesOf(url: string, options: { headers?: Record<string, string> } = {}): Promise<string[]> {
  const socket = new WebSocket(url, options);
  const messages: string[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      let timer = setTimeout(resolve, quietMs);
      socket.on('error', reject);
      socket.on('message', (data) => {
        messages.push(String(data));
        clearTimeout(timer);
        timer = setTimeout(resolve, quietMs);
      });
    });
  } finally {
    socket.terminate();
  }
  return messages;
}

/** The seqs of the events in messages. */
export function seqsIn(messages: readonly string[]): Set<number> {
  const found = messages.flatMap((text) => {
    const message = JSON.parse(text) as {
      readonly type: string;
      readonly seq?: number;
      readonly list?: { seq: number }[];
    };
    if (message.type === 'items') return (message.list ?? []).map(({ seq }) => seq);
    return message.type === 'item' && message.seq !== undefined ? [message.seq] : [];
  });
  return new Set(found);
}
