import { WebSocket } from 'ws';
import type { ServerMessage } from '../../src/domain/events/wire.ts';
import { type BenchTarget, logBoundsAt, withBenchTarget } from './bench-target.ts';
import { keptMessages } from './nchan.ts';

/** A reader that left after the first event and came back: what it never got and was not told of. */
export interface LossReport {
  /** When all that it missed is kept. */
  readonly within: number;
  /** When it missed 100 more than are kept, or sent again. */
  readonly behind: number;
}

const few = 100;
/** Of one subscription, what we send again at most. */
const mostReplayed = 50_000;
const quietMs = 1000;
const textBytes = 10;

/** Ours: it comes back with its cursor, and is told to begin anew when that does not do. */
export async function lostByNewswire(): Promise<LossReport> {
  return withBenchTarget('newswire', async ({ port, publish }) => {
    await publish({ commits: 1, textBytes });
    const { epoch } = await logBoundsAt(port);
    const lost = async (missed: number): Promise<number> => {
      const messages = await messagesOf(`ws://127.0.0.1:${port}/live?after=${epoch}-1`);
      const heard = messages.map((text) => JSON.parse(text) as ServerMessage);
      if (heard.some(({ type }) => type === 'reset')) return 0;
      return missed - seqsIn(messages).size;
    };
    await publish({ commits: few, textBytes });
    const within = await lost(few);
    await publish({ commits: mostReplayed / 500, events: 500, textBytes });
    return { within, behind: await lost(mostReplayed + few) };
  });
}

/** nchan's: it comes back with the id of its last message, and gets what is buffered. */
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

/** Messages go with their ids only to those who ask for nchan's own subprotocol. */
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

/** What a reader gets until nothing more comes. */
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

/** The places of the events in messages: one event each, or several. */
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
