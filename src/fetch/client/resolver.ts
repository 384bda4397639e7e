import { lookup, Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { hourMs, minuteMs } from '../../domain/durations.ts';
import type { Clock } from '../../runtime/clock.ts';
import { LruCache } from '../../runtime/lru-cache.ts';
import { Semaphore } from '../../runtime/semaphore.ts';
import { errorCode } from './fetch-error.ts';

/** Resolves a host name to all its IP addresses; rejects if there are none. The result is not trusted: see `AddressGuard`. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

interface DnsRecord {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

/** Dependencies of the resolver; tests can replace each. */
export interface ResolverParts {
  readonly clock: Clock;
  /** Returns the text of the hosts file. */
  readHosts?(): Promise<string>;
  query?(hostname: string, family: 4 | 6): Promise<readonly DnsRecord[]>;
  /** Resolves through the operating system. */
  system?(hostname: string): Promise<readonly string[]>;
}

const minTtlMs = 30_000;
const maxTtlMs = hourMs;
const negativeTtlMs = minuteMs;
const maxCached = 10_000;
const hostsTtlMs = 30_000;

/**
 * A caching resolver that queries name servers directly (c-ares): with the system's getaddrinfo, one slow name server
 * would block file reads and decompression. Names that only the system knows (search domains, mDNS) are then looked up
 * there. Caches answers for their TTL, limited to 30 s to 1 h, and non-existent names for 60 s.
 */
export function createResolver(parts: ResolverParts): Resolve {
  const { clock, readHosts = readHostsFile, query = queryNameServers(), system = askSystem } = parts;
  const cache = new LruCache<{ readonly addresses: readonly string[] | Error; readonly untilMs: number }>({
    maxEntries: maxCached,
  });
  const known = hostsTable(readHosts, clock);
  // getaddrinfo runs on libuv's four threads, which the file system and zlib share: use one of them.
  const systemLookups = new Semaphore(1);

  const ask = async (hostname: string): Promise<{ addresses: readonly string[] | Error; ttlMs: number }> => {
    const answers = await askBoth(query, hostname);
    if (!(answers instanceof Error)) {
      const ttl = Math.min(...answers.map((answer) => answer.ttl)) * 1000;
      return {
        addresses: answers.map((answer) => answer.address),
        ttlMs: Math.min(Math.max(ttl, minTtlMs), maxTtlMs),
      };
    }
    if (!isNoSuchName(answers)) return { addresses: answers, ttlMs: 0 };
    return systemLookups
      .run(() => system(hostname))
      .then(
        (addresses) => ({ addresses, ttlMs: minTtlMs }),
        (error: Error) => ({ addresses: error, ttlMs: negativeTtlMs }),
      );
  };

  return async (hostname) => {
    const name = hostname.replace(/\.$/, '');
    const fixed = (await known()).get(name);
    if (fixed !== undefined) return fixed;
    const nowMs = clock.monotonic();
    let entry = cache.get(name);
    if (entry === undefined || entry.untilMs <= nowMs) {
      const { addresses, ttlMs } = await ask(name);
      entry = { addresses, untilMs: nowMs + ttlMs };
      if (ttlMs > 0) cache.set(name, entry);
      else cache.delete(name);
    }
    if (entry.addresses instanceof Error) throw entry.addresses;
    return entry.addresses;
  };
}

/** Whether an error means that the name does not exist for this resolver, so that another may know it. */
function isNoSuchName(error: unknown): boolean {
  // ECONNREFUSED: no name server is configured, as in a container without a network.
  return ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EAI_NONAME'].includes(errorCode(error));
}

async function askBoth(
  query: NonNullable<ResolverParts['query']>,
  hostname: string,
): Promise<readonly DnsRecord[] | Error> {
  // IPv4 first: a machine without IPv6 would otherwise waste one connection attempt per fetch.
  const [v4, v6] = await Promise.allSettled([query(hostname, 4), query(hostname, 6)]);
  const answers = [v4, v6].flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  if (answers.length > 0) return answers;
  const failed = [v4, v6].flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  // Non-existence for one address family is not conclusive if the query for the other failed.
  return failed.find((error) => !isNoSuchName(error)) ?? failed[0] ?? new Error('no address');
}

function queryNameServers(): NonNullable<ResolverParts['query']> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  return (hostname, family) =>
    family === 4 ? resolver.resolve4(hostname, { ttl: true }) : resolver.resolve6(hostname, { ttl: true });
}

async function askSystem(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

async function readHostsFile(): Promise<string> {
  return await readFile('/etc/hosts', 'utf8').catch((error: unknown) => {
    // Windows has it elsewhere and some containers have none. The system lookup still uses it.
    if (errorCode(error) !== '') return '';
    throw error;
  });
}

function hostsTable(readHosts: () => Promise<string>, clock: Clock): () => Promise<ReadonlyMap<string, string[]>> {
  let table: Promise<ReadonlyMap<string, string[]>> | null = null;
  let readAtMs = 0;
  return () => {
    const nowMs = clock.monotonic();
    if (table === null || nowMs - readAtMs > hostsTtlMs) {
      readAtMs = nowMs;
      table = readHosts().then(parseHosts);
    }
    return table;
  };
}

function parseHosts(text: string): ReadonlyMap<string, string[]> {
  const table = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    for (const name of names) {
      const key = name.toLowerCase();
      table.set(key, [...(table.get(key) ?? []), address ?? '']);
    }
  }
  return table;
}
