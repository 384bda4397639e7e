import type { Settings } from '../../config/environment/environment.ts';
import { hourMs } from '../../domain/durations.ts';
import type { ListContent, RemoteList } from '../../domain/polling/remote-list.ts';
import { createAddressGuard, refusalOf, serversOf, type Target } from '../../fetch/client/address-guard.ts';
import { createFetcher } from '../../fetch/fetch-source.ts';
import { userAgent } from '../../fetch/request-headers.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { type RepeatingTask, repeat } from '../../runtime/repeat.ts';
import type { Shutdown } from '../../runtime/shutdown.ts';
import { version } from '../../runtime/version.ts';
import type { Store } from '../../store/engine/store.ts';
import { RemoteListReader } from './remote-list-reader.ts';

/** A list of 2,000 sources takes about half a megabyte. Parsing this much takes some 20 ms. */
const maxDocumentBytes = 2 * 1024 * 1024;

/** The dependencies of the remote lists. */
export interface RemoteListsParts {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly publicUrl: string;
}

/** The remote lists of the running server. */
export interface RemoteLists {
  /** What the lists have given so far, by their keys. */
  contents(): ReadonlyMap<string, ListContent>;
  /** Replaces the declared lists; new ones are read at once. */
  declare(lists: readonly RemoteList[]): void;
  /** Starts to read. @param onChange called when a content has changed. */
  start(onChange: () => void): void;
}

/**
 * Opens the remote lists with their stored contents. They are requested like sources: conditionally, through the guarded
 * client, each at its interval and never two at once. Only the lists themselves count as declared by the operator: their
 * hosts may be in `ALLOW_PRIVATE_NETWORKS`, those of their outlines may not.
 */
export async function openRemoteLists(parts: RemoteListsParts): Promise<RemoteLists> {
  const { settings, store, clock, log, shutdown } = parts;
  const ownOrigins = [new URL(parts.publicUrl).origin];
  const allow = settings.allowPrivateNetworksForAll;
  let isListHost = (_target: Target): boolean => false;
  const fetcher = createFetcher({
    clock,
    userAgent: userAgent(version, settings.contactUrl ?? settings.publicUrl),
    feedsDir: settings.feedsDir,
    allowPrivateNetworks: allow,
    configuredHosts: { networks: settings.allowPrivateNetworks, includes: (target) => isListHost(target) },
    ownOrigins,
    limits: { maxWireBytes: maxDocumentBytes, maxBodyBytes: maxDocumentBytes },
  });
  const guard = createAddressGuard({ allow, ownOrigins });
  const refusal = (url: string): string | null => refusalOf(guard, url);
  const reader = await RemoteListReader.open({ store, fetcher, clock, log, refusal });
  const stopping = new AbortController();
  let task: RepeatingTask | null = null;
  shutdown.onStop('remote lists', async () => {
    stopping.abort();
    await task?.stop();
    await fetcher.close();
  });
  const read = async (onChange: () => void): Promise<number | null> => {
    try {
      return await reader.readDue(onChange, stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return null;
      throw error;
    }
  };
  return {
    contents: () => reader.contents(),
    declare(lists) {
      reader.declare(lists);
      isListHost = serversOf(lists.map(({ url }) => url));
      task?.wake();
    },
    start(onChange) {
      task = repeat(() => read(onChange), { name: 'reading the remote lists', log, maxIntervalMs: hourMs });
    },
  };
}
