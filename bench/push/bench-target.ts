import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Command, Publishing } from './child.ts';
import type { ReaderAnswer, ReaderCommand } from './clients.ts';
import { type DrivenProcess, drive } from './driven-process.ts';
import { driveNchan } from './nchan-server.ts';

export type Kind = 'floor' | 'deflate' | 'newswire' | 'nchan';

/** A server and its clients, each in its own process. */
export interface BenchTarget {
  readonly port: number;
  readonly server: DrivenProcess<Command, Answer>;
  readonly readers: DrivenProcess<ReaderCommand, ReaderAnswer>;
  /** Opens clients at the head, or at the position in the path. */
  open(count: number, how?: { path?: string; transport?: 'ws' | 'sse'; withinMs?: number }): Promise<void>;
  publish(publishing: Partial<Publishing> & Pick<Publishing, 'commits'>): Promise<void>;
  /** Waits until no more messages arrive at the clients. */
  settle(): Promise<void>;
}

/** About 800 bytes per message. */
const usualTextBytes = 210;

/** Runs a measurement with a server of a kind, and ends both processes. */
export async function withBenchTarget<T>(kind: Kind, run: (target: BenchTarget) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-bench-'));
  mkdirSync(path.join(folder, 'feeds'));
  writeFileSync(path.join(folder, 'feeds', 'sources.yaml'), 'sources: []\n');
  const ends: (() => Promise<void>)[] = [];
  try {
    const server =
      kind === 'nchan' ? await driveNchan(folder) : await drive<Command, Answer>(...scriptOf(kind, folder));
    ends.unshift(() => server.end());
    const readers = await drive<ReaderCommand, ReaderAnswer>('clients.ts');
    ends.unshift(() => readers.end());
    const port = Number(new URL(server.line).port);
    return await run({
      ...{ port, server, readers },
      async open(count, { path: where = '/live?after=head', transport = 'ws', withinMs = count / 2 } = {}) {
        const offersDeflate = kind === 'deflate';
        await readers.ask({ do: 'open', count, port, path: where, transport, withinMs, offersDeflate });
      },
      async publish(publishing) {
        const usual = { events: 1, everyMs: 0, textBytes: usualTextBytes, source: 'example' };
        await server.ask({ do: 'publish', ...usual, ...publishing });
      },
      settle: () => settle(readers),
    });
  } catch (error) {
    throw new Error(`measuring ${kind} has failed`, { cause: error });
  } finally {
    for (const end of ends) await end();
    rmSync(folder, { recursive: true, force: true });
  }
}

function scriptOf(kind: Kind, folder: string): [string, readonly string[]] {
  if (kind === 'newswire') return ['product.ts', [folder]];
  return ['floor.ts', kind === 'deflate' ? ['deflate'] : []];
}

async function settle(readers: BenchTarget['readers']): Promise<void> {
  for (let before = -1, quiet = 0; quiet < 2; ) {
    const { bytes } = await readers.ask({ do: 'count' });
    quiet = bytes === before ? quiet + 1 : 0;
    before = bytes;
    await sleep(250);
  }
}

/** The bounds of the server's event log. */
export async function logBoundsAt(port: number): Promise<{ readonly epoch: string; readonly head: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/api/events?limit=1`);
  return (await response.json()) as { epoch: string; head: number };
}
