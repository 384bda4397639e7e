import { NewswireClient } from '../../../src/client/client.ts';
import type { ClientError, ClientOptions } from '../../../src/client/client-types.ts';

/** A client that writes down all it tells, and whose waits a test can see. */
export interface RecordingClient {
  readonly client: NewswireClient;
  /** `item 4`, `live e1-9`, `state live`, `reset cursor_too_old 2 e1-60`, `error bad_filter`. */
  readonly notes: string[];
  readonly problems: ClientError[];
  /** What the client waited before each attempt but the first, in milliseconds. */
  readonly waits: number[];
  /** Lets the patience of the client run out, where it waits for a sign of life. */
  fireWatchdogs(): void;
  /** Resolves when a note was made that begins so. */
  noted(start: string): Promise<void>;
}

/** Makes one. Its pauses pass at once; `watchMs` and longer are watchdogs, and stand still. */
export function createRecordingClient(
  url: string,
  options: ClientOptions & { readonly watchMs?: number } = {},
): RecordingClient {
  const { watchMs = 15_000, ...rest } = options;
  const notes: string[] = [];
  const problems: ClientError[] = [];
  const waits: number[] = [];
  const watchdogs = new Set<() => void>();
  const waiting: { readonly start: string; readonly resolve: () => void }[] = [];
  const after = (ms: number, run: () => void) => {
    if (ms >= watchMs) {
      watchdogs.add(run);
      return () => void watchdogs.delete(run);
    }
    waits.push(ms);
    const timer = setImmediate(run);
    return () => clearImmediate(timer);
  };
  const client = new NewswireClient(url, { ...rest, runtime: { random: () => 0, setTimer: after, ...rest.runtime } });
  const note = (text: string) => {
    notes.push(text);
    for (const { start, resolve } of waiting) if (text.startsWith(start)) resolve();
  };
  client.on('item', ({ op, item }) => note(`${op === 'add' ? 'item' : op} ${item.id}`));
  client.on('live', ({ cursor }) => note(`live ${cursor}`));
  client.on('state', (state) => note(`state ${state}`));
  client.on('reset', ({ reason, items, cursor }) => note(`reset ${reason} ${items.length} ${cursor}`));
  client.on('error', (problem) => {
    problems.push(problem);
    note(`error ${problem.code}`);
  });
  return {
    client,
    notes,
    problems,
    waits,
    fireWatchdogs() {
      for (const run of [...watchdogs]) run();
    },
    noted(start) {
      if (notes.some((text) => text.startsWith(start))) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ start, resolve }));
    },
  };
}
