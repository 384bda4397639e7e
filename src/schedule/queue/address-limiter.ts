/**
 * Limits concurrent requests per IP address and queues the hosts that exceed it: many host names may resolve to one
 * machine, which must not receive all their requests at once. An unknown address (null) is not limited.
 */
export interface AddressLimiter<Waiter> {
  /** How many more requests may start at an address. */
  freeSlots(address: string | null): number;
  acquire(address: string | null): void;
  release(address: string | null): void;
  /** Appends a waiter to the queue of an address. */
  enqueue(address: string, waiter: Waiter): void;
  /** Removes the longest-waiting waiter; undefined if none waits. */
  dequeue(address: string): Waiter | undefined;
  /** Number of addresses with running or waiting requests. */
  readonly size: number;
}

interface AddressState<Waiter> {
  running: number;
  readonly waiting: Set<Waiter>;
}

/** A limiter that allows `limit()` concurrent requests per address. */
export function createAddressLimiter<Waiter>(limit: () => number): AddressLimiter<Waiter> {
  const states = new Map<string, AddressState<Waiter>>();
  const stateOf = (address: string): AddressState<Waiter> => {
    const known = states.get(address);
    if (known !== undefined) return known;
    const state = { running: 0, waiting: new Set<Waiter>() };
    states.set(address, state);
    return state;
  };
  const removeIfIdle = (address: string, { running, waiting }: AddressState<Waiter>): void => {
    if (running === 0 && waiting.size === 0) states.delete(address);
  };
  return {
    get size() {
      return states.size;
    },
    freeSlots: (address) =>
      address === null ? Number.POSITIVE_INFINITY : Math.max(limit() - (states.get(address)?.running ?? 0), 0),
    acquire(address) {
      if (address !== null) stateOf(address).running += 1;
    },
    release(address) {
      const state = address === null ? undefined : states.get(address);
      if (address === null || state === undefined) return;
      state.running -= 1;
      removeIfIdle(address, state);
    },
    enqueue: (address, waiter) => void stateOf(address).waiting.add(waiter),
    dequeue(address) {
      const state = states.get(address);
      for (const waiter of state?.waiting ?? []) {
        state?.waiting.delete(waiter);
        if (state !== undefined) removeIfIdle(address, state);
        return waiter;
      }
      return undefined;
    },
  };
}
