import { addressKey } from '../../shared/client-address.ts';
import { ConcurrencyLimit } from '../../shared/client-limits.ts';
import type { CloseCode, RefusalReason } from '../protocol/close-codes.ts';

/** An open WebSocket or event stream of a client. */
export interface LiveSession {
  readonly transport: 'ws' | 'sse';
  /** Sends `bye` with the reason and closes soon after. Further calls do nothing. */
  bye(close: CloseCode): void;
  terminate(): void;
}

/** The limits of the number of sessions. */
export interface SessionLimits {
  readonly maxPerAddress: number;
  /** Of the whole process. Below its limit of open files, which everything else needs too. */
  readonly maxSessions: number;
}

/** All open sessions of this process. */
export interface SessionRegistry {
  readonly size: number;
  /** The sessions that the server has closed since the start, by close code. */
  readonly closes: ReadonlyMap<number, number>;
  count(transport: LiveSession['transport']): number;
  /** Why an address may not open another session. Null: it may. */
  refusalFor(address: string): RefusalReason | null;
  /** Registers a session until the returned function is called. */
  add(session: LiveSession, address: string): () => void;
  countClose(code: number): void;
  /**
   * Refuses new sessions, sends `bye` to all sessions in batches, and closes the remaining ones when the time is over.
   * Resolves when no session is open.
   */
  close(reason: CloseCode, graceMs: number): Promise<void>;
}

const batchIntervalMs = 50;
const minBatch = 50;

/** Creates an empty registry. */
export function createSessionRegistry(limits: SessionLimits): SessionRegistry {
  const open = new Set<LiveSession>();
  const perAddress = new ConcurrencyLimit(limits.maxPerAddress);
  const closes = new Map<number, number>();
  let closing = false;
  const emptied: (() => void)[] = [];

  return {
    get size() {
      return open.size;
    },
    closes,
    count: (transport) => [...open].filter((session) => session.transport === transport).length,
    refusalFor(address) {
      if (closing) return 'closing';
      const key = addressKey(address);
      if (key !== null && perAddress.isFull(key)) return 'address';
      return open.size >= limits.maxSessions ? 'process' : null;
    },
    add(session, address) {
      const key = addressKey(address);
      const release = key === null ? null : perAddress.add(key);
      open.add(session);
      return () => {
        if (!open.delete(session)) return;
        release?.();
        if (open.size === 0) for (const resolve of emptied.splice(0)) resolve();
      };
    },
    countClose(code) {
      closes.set(code, (closes.get(code) ?? 0) + 1);
    },
    async close(reason, graceMs) {
      closing = true;
      if (open.size === 0) return;
      const done = new Promise<void>((resolve) => emptied.push(resolve));
      const stopBatches = closeInBatches([...open], reason, graceMs);
      const end = setTimeout(() => {
        for (const session of [...open]) session.terminate();
      }, graceMs);
      await done;
      stopBatches();
      clearTimeout(end);
    },
  };
}

/** Sends `bye` in batches over four fifths of the time. The rest is for the last sessions to close themselves. */
function closeInBatches(sessions: readonly LiveSession[], reason: CloseCode, graceMs: number): () => void {
  const batches = Math.max(1, Math.floor((graceMs * 0.8) / batchIntervalMs));
  const batchSize = Math.max(minBatch, Math.ceil(sessions.length / batches));
  let next = 0;
  const closeBatch = () => {
    for (const session of sessions.slice(next, next + batchSize)) session.bye(reason);
    next += batchSize;
    if (next >= sessions.length) clearInterval(timer);
  };
  const timer = setInterval(closeBatch, batchIntervalMs);
  closeBatch();
  return () => clearInterval(timer);
}
