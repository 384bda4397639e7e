/**
 * How many requests run at each address, and who waits for one of them to end: many host names may lead to one machine,
 * which must not be asked by all of them at once. What has no known address (null) is let through.
 */
export interface AddressLimiter<Waiter> {
  /** How many more may run at an address. */
  freeSlots(address: string | null): number;
  acquire(address: string | null): void;
  release(address: string | null): void;
  /** Joins the queue of an address. */
  enqueue(address: string, waiter: Waiter): void;
  /** Takes the one out that has waited longest; undefined: nobody waits. */
  dequeue(address: string): Waiter | undefined;
  /** Addresses at which something runs or waits. */
  readonly size: number;
}

interface Place<Waiter> {
  running: number;
  readonly waiting: Set<Waiter>;
}

/** A gate that lets `most()` through at an address at a time. */
export function createAddressLimiter<Waiter>(most: () => number): AddressLimiter<Waiter> {
  const places = new Map<string, Place<Waiter>>();
  const placeAt = (address: string): Place<Waiter> => {
    const known = places.get(address);
    if (known !== undefined) return known;
    const place = { running: 0, waiting: new Set<Waiter>() };
    places.set(address, place);
    return place;
  };
  const forget = (address: string, { running, waiting }: Place<Waiter>): void => {
    if (running === 0 && waiting.size === 0) places.delete(address);
  };
  return {
    get size() {
      return places.size;
    },
    freeSlots: (address) =>
      address === null ? Number.POSITIVE_INFINITY : Math.max(most() - (places.get(address)?.running ?? 0), 0),
    acquire(address) {
      if (address !== null) placeAt(address).running += 1;
    },
    release(address) {
      const place = address === null ? undefined : places.get(address);
      if (address === null || place === undefined) return;
      place.running -= 1;
      forget(address, place);
    },
    enqueue: (address, waiter) => void placeAt(address).waiting.add(waiter),
    dequeue(address) {
      const place = places.get(address);
      for (const waiter of place?.waiting ?? []) {
        place?.waiting.delete(waiter);
        if (place !== undefined) forget(address, place);
        return waiter;
      }
      return undefined;
    },
  };
}
