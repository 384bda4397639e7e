import { addressKey } from '../../shared/address-key.ts';
import type { CloseCode } from '../protocol/close-codes.ts';

/** One open connection of a reader, WebSocket or stream. */
export interface LiveSession {
  readonly transport: 'ws' | 'sse';
  /** Says goodbye with a reason and ends soon after. Once is enough; further calls do nothing. */
  bye(close: CloseCode): void;
  /** Ends now. */
  terminate(): void;
}

/** Why a connection may not be opened. */
export type RefusalReason = 'address' | 'process' | 'closing';

/** How many sessions there may be. */
export interface SessionLimits {
  readonly maxPerAddress: number;
  /** Of the whole process: below its limit of open files, since everything else needs some too. */
  readonly maxSessions: number;
}

/** All open sessions of this process. */
export interface SessionRegistry {
  readonly size: number;
  /** Sessions ended by us since the start, by close code. */
  readonly closes: ReadonlyMap<number, number>;
  count(transport: LiveSession['transport']): number;
  /** Whether one more may come from this address; null: it may. */
  refusalFor(address: string): RefusalReason | null;
  /** Counts a session in, until the returned function is called. */
  add(session: LiveSession, address: string): () => void;
  countClose(code: number): void;
  /**
   * Lets nobody in any more, says goodbye to all in slices over the time given, and ends what is left after it.
   * Resolves when no session is open.
   */
  close(goodbye: CloseCode, graceMs: number): Promise<void>;
}

const sliceMs = 50;
const leastInSlice = 50;

/** An empty register of sessions. */
export function createSessionRegistry(limits: SessionLimits): SessionRegistry {
  const open = new Set<LiveSession>();
  const perAddress = new Map<string, number>();
  const closes = new Map<number, number>();
  let closing = false;
  const emptied: (() => void)[] = [];

  function release(key: string | null): void {
    if (key === null) return;
    const left = (perAddress.get(key) ?? 1) - 1;
    if (left === 0) perAddress.delete(key);
    else perAddress.set(key, left);
  }

  return {
    get size() {
      return open.size;
    },
    closes,
    count: (transport) => [...open].filter((session) => session.transport === transport).length,
    refusalFor(address) {
      if (closing) return 'closing';
      const key = addressKey(address);
      if (key !== null && (perAddress.get(key) ?? 0) >= limits.maxPerAddress) return 'address';
      return open.size >= limits.maxSessions ? 'process' : null;
    },
    add(session, address) {
      const key = addressKey(address);
      if (key !== null) perAddress.set(key, (perAddress.get(key) ?? 0) + 1);
      open.add(session);
      return () => {
        if (!open.delete(session)) return;
        release(key);
        if (open.size === 0) for (const resolve of emptied.splice(0)) resolve();
      };
    },
    countClose(code) {
      closes.set(code, (closes.get(code) ?? 0) + 1);
    },
    async close(goodbye, graceMs) {
      closing = true;
      if (open.size === 0) return;
      const done = new Promise<void>((resolve) => emptied.push(resolve));
      const stopSlices = sayGoodbye([...open], goodbye, graceMs);
      const end = setTimeout(() => {
        for (const session of [...open]) session.terminate();
      }, graceMs);
      await done;
      stopSlices();
      clearTimeout(end);
    },
  };
}

/** Tells all sessions in slices, over four fifths of the time: the rest is for the last ones to go by themselves. */
function sayGoodbye(sessions: readonly LiveSession[], goodbye: CloseCode, graceMs: number): () => void {
  const slices = Math.max(1, Math.floor((graceMs * 0.8) / sliceMs));
  const perSlice = Math.max(leastInSlice, Math.ceil(sessions.length / slices));
  let next = 0;
  const slice = () => {
    for (const session of sessions.slice(next, next + perSlice)) session.bye(goodbye);
    next += perSlice;
    if (next >= sessions.length) clearInterval(timer);
  };
  const timer = setInterval(slice, sliceMs);
  slice();
  return () => clearInterval(timer);
}
