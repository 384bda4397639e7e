/** Visitors per address, item and day that are counted. Many people can share the address of an office. */
export const maxReadersPerAddress = 30;
/** Maximum entries of each of the two caches: some megabytes in all. */
const maxEntries = 50_000;

/** Hashes of a visitor. They change each day and differ between items. */
export interface HashedVisitor {
  /** Hash of address, user agent and item. */
  readonly hash: string;
  /** Hash of address and item. */
  readonly addressHash: string;
}

/** Limits the counted visitors per address: a client can invent user agents, but hardly addresses. */
interface ReadLimit {
  /** Whether a visitor may be counted. A visitor that was allowed once stays allowed. */
  allows(visitor: HashedVisitor): boolean;
}

/**
 * Creates an empty limit. It applies to one process since its start; hashes are kept in memory only.
 *
 * @param max entries of each cache.
 */
export function createReadLimit(most = maxEntries): ReadLimit {
  const visitors = new Map<string, true>();
  const addresses = new Map<string, number>();
  return {
    allows({ hash, addressHash }) {
      const readers = addresses.get(addressHash) ?? 0;
      if (visitors.has(hash)) {
        touch(visitors, hash, { value: true, most });
        touch(addresses, addressHash, { value: readers, most });
        return true;
      }
      const allowed = readers < maxReadersPerAddress;
      // A rejected request refreshes the entry of its address too, so that an attack cannot evict it.
      touch(addresses, addressHash, { value: allowed ? readers + 1 : readers, most });
      if (allowed) touch(visitors, hash, { value: true, most });
      return allowed;
    },
  };
}

/** Sets an entry as the latest, and drops the oldest one when there are too many. */
function touch<Value>(
  map: Map<string, Value>,
  key: string,
  of: { readonly value: Value; readonly most: number },
): void {
  map.delete(key);
  map.set(key, of.value);
  if (map.size <= of.most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
