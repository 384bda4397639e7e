/** Visitors of one address that count as reads of one item on one day. Many people share the address of an office. */
export const maxReadersPerAddress = 30;
/** Hashes that are kept of visitors, and of addresses: some megabytes. The oldest go first. */
const maxEntries = 50_000;

/** A visitor by hashes that change each day and differ from item to item. */
export interface HashedVisitor {
  /** Of address, browser and item. */
  readonly hash: string;
  /** Of address and item. */
  readonly addressHash: string;
}

/** Bounds how many visitors of one address count as reads of an item: browsers can be made up, addresses hardly. */
export interface ReadLimit {
  /** Whether a visitor may count. Asked again for one that may, the answer is the same. */
  allows(visitor: HashedVisitor): boolean;
}

/**
 * A limit that has seen nobody. It holds for one process and since its start; hashes are kept in memory only.
 *
 * @param most hashes kept of each kind.
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
      // A refusal keeps the address among the latest: an attack does not push itself out.
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
