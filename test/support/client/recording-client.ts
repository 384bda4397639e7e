import { NewswireClient } from '../../../src/client/client.ts';
import type { ClientError, ClientOptions } from '../../../src/client/client-types.ts';

/** A client whose events and waits are recorded. */
export interface RecordingClient {
  readonly client: NewswireClient;
  /** `item 4`, `live e1-9`, `state live`, `reset cursor_too_old 2 e1-60`, `error bad_filter`. */
  readonly notes: string[];
  readonly problems: ClientError[];
  /** Milliseconds that the client waited before each attempt except the first. */
  readonly waits: number[];
  /** Fires the watchdogs of the client. */
  fireWatchdogs(): void;
  /** Resolves when a note starts with this text. */
  noted(start: string): Promise<void>;
}

/** Creates one. Its pauses end at once. Timers of `watchMs` and longer are watchdogs, which a test fires. */
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
