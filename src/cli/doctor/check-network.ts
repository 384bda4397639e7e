import type { Declarations, Source } from '../../domain/polling/source.ts';
import type { HttpClient } from '../../fetch/client/http-client.ts';
import type { Resolve } from '../../fetch/client/resolver.ts';
import type { Clock } from '../../runtime/clock.ts';
import { formatDuration } from '../output/format-duration.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

/** A sample shows whether name servers work; more would take long with a slow one. */
const maxNames = 10;
const maxTimeRequests = 3;
const lookupMs = 5000;
const maxSkewMs = 30_000;

/** What the checks of the network use. */
export interface NetworkParts {
  readonly resolve: Resolve;
  readonly client: Pick<HttpClient, 'request'>;
  readonly clock: Clock;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whether the host names of sources can be resolved. */
export async function checkNames(declarations: Declarations, { resolve }: NetworkParts): Promise<readonly Finding[]> {
  const names = hostsOf(declarations.sources).slice(0, maxNames);
  if (names.length === 0) return [ok('dns', 'no source needs it')];
  const failed = await Promise.all(names.map(async (name) => ((await canResolve(name, resolve)) ? [] : [name])));
  const unknown = failed.flat();
  const count = `${names.length - unknown.length} of ${names.length} host names of sources are known`;
  if (unknown.length === 0) return [ok('dns', count)];
  if (unknown.length === names.length) {
    return [failure('dns', count, 'Check the network and the name servers of this machine')];
  }
  return [
    warning('dns', `${count}; not ${unknown.join(', ')}`, 'Correct these sources, or wait if their hosts return'),
  ];
}

async function canResolve(name: string, resolve: Resolve): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), lookupMs);
  try {
    return await Promise.race([
      resolve(name).then(
        () => true,
        () => false,
      ),
      late.promise,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Names only: an address needs no lookup. */
function hostsOf(sources: readonly Source[]): readonly string[] {
  const hosts = webUrls(sources).map((url) => url.hostname);
  return [...new Set(hosts)].filter((host) => !/^(?:[\d.]+|\[.*\])$/.test(host));
}

function webUrls(sources: readonly Source[]): readonly URL[] {
  return sources.map(({ url }) => new URL(url)).filter(({ protocol }) => protocol !== 'file:');
}

/**
 * Compares the clock with the Date header of up to three hosts of sources. The median counts, since a publisher's clock
 * may be wrong.
 */
export async function checkClock(declarations: Declarations, parts: NetworkParts): Promise<readonly Finding[]> {
  const byHost = new Map(webUrls(declarations.sources).map((url) => [url.host, url]));
  const urls = [...byHost.values()].slice(0, maxTimeRequests);
  const skews = (await Promise.all(urls.map((url) => skewTo(url, parts)))).filter((skew) => skew !== null);
  const median = skews.toSorted((a, b) => a - b)[Math.floor(skews.length / 2)];
  if (median === undefined) return [ok('clock', 'not compared: no source has answered with its time')];
  const size = formatDuration(Math.abs(median));
  if (Math.abs(median) <= maxSkewMs) return [ok('clock', `within ${size} of ${count(skews.length)}`)];
  const direction = median > 0 ? 'fast' : 'slow';
  const remedy = 'Synchronise the clock, with systemd-timesyncd or chrony for example';
  return [warning('clock', `${size} ${direction}, compared with ${count(skews.length)}`, remedy)];
}

function count(hosts: number): string {
  return `${hosts} ${hosts === 1 ? 'publisher' : 'publishers'}`;
}

/** How far our clock is ahead of a host's, in ms; null: unknown. */
async function skewTo(url: URL, { client, clock, headers }: NetworkParts): Promise<number | null> {
  const sentMs = clock.now();
  const response = await client.request({ method: 'HEAD', url: url.href, headers });
  if (response.kind === 'failed') return null;
  const dateMs = Date.parse(response.headers.first('date') ?? '');
  if (Number.isNaN(dateMs)) return null;
  // A cached response has the date of its origin, and its age since then (RFC 9111 section 5.1).
  const ageMs = Number(/^\d{1,9}$/.exec(response.headers.first('age') ?? '0')?.[0] ?? 0) * 1000;
  const meanMs = (sentMs + clock.now()) / 2;
  // The header has whole seconds: half a second is the mean of what it leaves out.
  return Math.round(meanMs - (dateMs + ageMs + 500));
}
