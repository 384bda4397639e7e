import type { Settings } from '../config/environment/environment.ts';
import { processEnvironment } from '../config/environment/environment.ts';
import { withListedSources } from '../config/lists/with-listed-sources.ts';
import { watchDeclarations } from '../config/watch/watch-declarations.ts';
import type { ConfigProblem } from '../domain/config-error.ts';
import { failureRemedies } from '../domain/polling/failure-remedies.ts';
import { type HostPause, type Lease, type RefreshResult, refreshId } from '../domain/polling/poll.ts';
import type { Declarations, Source } from '../domain/polling/source.ts';
import type { Target } from '../fetch/client/address-guard.ts';
import { createFetcher } from '../fetch/fetch-source.ts';
import { userAgent } from '../fetch/request-headers.ts';
import type { Doorbell } from '../push/doorbell.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Shutdown } from '../runtime/shutdown.ts';
import { createTaskQueue } from '../runtime/task-queue.ts';
import { systemTimers } from '../runtime/timers.ts';
import { version } from '../runtime/version.ts';
import { createLatenessMonitor } from '../schedule/lateness-monitor.ts';
import type { NetworkBreaker } from '../schedule/network-breaker.ts';
import { createPollingLoop, type PollingLoop } from '../schedule/polling-loop.ts';
import type { Store } from '../store/engine/store.ts';
import { adjustForClockChange } from '../store/sources/clock-change.ts';
import { readHostPauses } from '../store/sources/host-pauses.ts';
import { claimSources, nextDueMs, readDueSources } from '../store/sources/leases.ts';
import { markFilesChanged } from '../store/sources/source-state.ts';
import { createDeclarationUpdates } from './declaration-updates.ts';
import { DeclaredSources } from './declared-sources.ts';
import { startHousekeeping } from './housekeeping.ts';
import { openRemoteLists, type RemoteLists } from './lists/start-remote-lists.ts';
import type { Metrics } from './metrics-registry.ts';
import { createRefresh, type StageDependencies } from './stages/create-stages.ts';
import { createDocumentProcessor } from './stages/document-processor.ts';
import { disabledHubSubscriber, type HubSubscriber, startSubscriber } from './websub/start-subscriber.ts';

const leaseMs = 90_000;

export interface PollingOptions {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly shutdown: Shutdown;
  readonly metrics: Pick<Metrics, 'polled' | 'pushed' | 'freshness'>;
  readonly breaker: NetworkBreaker;
  /** The declarations at the start, and whether their folder is watched. */
  readonly declarations: Declarations;
  readonly watched: boolean;
  readonly publicUrl: string;
  /** Rings after a WebSub hub of a source has confirmed or pushed something. */
  readonly hubDoorbell: Doorbell;
  notify(head: number): void;
  onDeclared(declarations: Declarations): void;
  /** Called for every finished poll. */
  onPolled(result: RefreshResult): void;
  /** Called when the declarations in the folder are invalid, and the current ones stay active; and when they are valid. */
  onProblems(problems: readonly ConfigProblem[]): void;
}

/** Starts polling: applies the declarations, watches them, and refreshes the sources that are due. */
export async function startPolling(parts: PollingOptions): Promise<void> {
  const { store, clock, shutdown, log, metrics } = parts;
  const lists = await openRemoteLists(parts);
  const current = new DeclaredSources(parts, parts.declarations.site);
  const isConfigured = (target: Target): boolean => current.isConfigured(target);
  const sourceOf = (id: string): Source | undefined => current.sourceOf(id);
  await adjustToClock(parts);
  const active = withListedSources(parts.declarations, lists.contents());
  await current.declare(active);
  // Local feeds may have changed while no process ran. Reading a file costs no publisher a request.
  await markFilesChanged(store, localFeeds(parts.declarations), clock.now());

  const processor = createDocumentProcessor();
  shutdown.onStop('document processor', () => processor.close());
  let hubs = disabledHubSubscriber;
  const loop = startLoop(parts, {
    pauses: await readHostPauses(store.reader, clock.now()),
    processor,
    sourceOf,
    isConfigured,
    hostCycleMs: (url) => current.hostCycleMs(url),
    hostGapMs: () => current.site.politeness.hostGapMs,
    hubs: () => hubs,
  });
  const { publicUrl } = parts.settings;
  if (publicUrl !== null) {
    const onSourceDue = (): void => loop.wake();
    hubs = await startSubscriber({
      ...{ ...parts, publicUrl, sourceOf, isConfigured, onSourceDue },
      documentProcessor: processor,
      onFetched: (sourceId) => metrics.freshness.recordFetch(sourceId),
      onPushStored: (counts) => metrics.pushed(counts),
    });
  }
  if (parts.watched) watch(parts, { loop, active, lists, current });
  const { notify } = parts;
  const housekeeping = startHousekeeping({
    ...{ store, clock, log, processor, notify },
    retention: () => current.site.retention,
  });
  shutdown.onStop('housekeeping', () => housekeeping.stop());
}

function localFeeds({ sources }: Declarations): string[] {
  return sources.filter((source) => source.url.startsWith('file:')).map((source) => source.id);
}

interface LoopParts extends Pick<StageDependencies, 'processor' | 'sourceOf' | 'hostCycleMs' | 'hostGapMs'> {
  hubs(): HubSubscriber;
  /** Whether a declared source or webhook is at this host. */
  isConfigured(target: Target): boolean;
  readonly pauses: readonly HostPause[];
}

function startLoop(parts: PollingOptions, more: LoopParts): PollingLoop {
  const { settings, store, clock, log, shutdown, metrics, breaker } = parts;
  const fetcher = createFetcher({
    clock,
    userAgent: userAgent(version, settings.contactUrl ?? settings.publicUrl),
    feedsDir: settings.feedsDir,
    allowPrivateNetworks: settings.allowPrivateNetworksForAll,
    configuredHosts: { networks: settings.allowPrivateNetworks, includes: more.isConfigured },
    ownOrigins: [new URL(parts.publicUrl).origin],
  });
  shutdown.onStop('fetcher', () => fetcher.close());
  const lateness = createLatenessMonitor((multiplier, lateMs) =>
    log.warn({ multiplier, lateMs }, 'polls are late; adaptive intervals are lengthened'),
  );
  const refresh = createRefresh({
    ...more,
    store,
    fetcher,
    breaker,
    clock,
    intervalMultiplier: (sourceId) => lateness.intervalMultiplier() * more.hubs().intervalMultiplier(sourceId),
    random: Math.random,
    notify: parts.notify,
    onFetched: (sourceId) => metrics.freshness.recordFetch(sourceId),
  });
  const loop = createPollingLoop(
    {
      // No polls while the database cannot be written: the results would be lost. The sources stay due.
      readDue: async (nowMs, limit) => (store.storage.writable ? readDueSources(store.reader, nowMs, limit) : []),
      claim: async (ids, nowMs) => (store.storage.writable ? claimSources(store, { ids, nowMs, leaseMs }) : []),
      refresh,
      addressOf: (host) => fetcher.addressOf(host),
      nextDueMs: () => nextDueMs(store.reader),
      clockSetBack: () => adjustToClock(parts),
    },
    {
      clock,
      log,
      networkBreaker: breaker,
      lateness,
      limits: parts.declarations.site.politeness,
      pauses: more.pauses,
      graceMs: 4000,
      abortGraceMs: 1000,
      onResult: (result, lease) => {
        if (result.outcome === 'fresh') more.hubs().wake();
        metrics.polled(result);
        parts.onPolled(result);
        logResult(log, result, lease);
      },
    },
  );
  loop.start();
  shutdown.onStop('polling loop', () => loop.stop());
  return loop;
}

/** Adjusts the schedule to a clock that was set back. Also runs at the start: it may have happened while no process ran. */
async function adjustToClock({ store, clock, log }: PollingOptions): Promise<void> {
  const sources = await adjustForClockChange(store, clock.now());
  if (sources > 0) log.warn({ sources }, 'the clock was set back; the next checks were moved back');
}

function logResult(log: Log, result: RefreshResult, lease: Lease): void {
  const { sourceId: source, outcome, failure, detail, added, updated } = result;
  const refresh = refreshId(lease);
  if (failure === null) log.debug({ source, refresh, outcome, added, updated }, 'refreshed');
  else log.info({ source, refresh, outcome, failure, detail, remedy: failureRemedies[failure] }, 'refresh failed');
}

interface WatchParts {
  readonly loop: PollingLoop;
  /** The declarations with the sources of remote lists. */
  readonly active: Declarations;
  readonly lists: RemoteLists;
  readonly current: DeclaredSources;
}

function watch(parts: PollingOptions, { loop, active, lists, current }: WatchParts): void {
  const { settings, store, clock, log, shutdown, declarations } = parts;
  // One at a time: two sets of declarations written concurrently would mix.
  const tasks = createTaskQueue(log);
  const inOrder = (name: string, work: () => Promise<void>): void =>
    tasks.add(async (signal) => {
      await store.storage.whenWritable(work, signal);
      loop.wake();
    }, `${name} failed`);
  const updates = createDeclarationUpdates({
    ...{ declared: declarations, active, log },
    contents: () => lists.contents(),
    timers: systemTimers,
    apply: (next, difference) =>
      inOrder('applying new declarations', async () => {
        await current.declare(next);
        lists.declare(next.lists);
        loop.setLimits(next.site.politeness);
        loop.retain((id) => current.sourceOf(id) !== undefined);
        const facts = { sources: next.sources.length, ...difference, warnings: next.warnings.length };
        log.info(facts, 'new declarations are active');
      }),
  });
  lists.declare(declarations.lists);
  lists.start(() => updates.listsChanged());
  const watching = watchDeclarations({
    dir: settings.feedsDir,
    env: processEnvironment(),
    current: declarations,
    log,
    onChange: (next) => {
      parts.onProblems([]);
      updates.folderChanged(next);
    },
    onProblem: (error) => {
      updates.folderInvalid();
      parts.onProblems(error.problems);
      for (const { where, what, remedy } of error.problems) {
        log.error({ where, what, remedy }, 'the declarations are invalid; the previous ones stay active');
      }
    },
    onLocalFeedChange: (_path, id) =>
      inOrder('scheduling a changed local feed', () => markFilesChanged(store, [id], clock.now())),
  });
  shutdown.onStop('declarations', async () => {
    updates.stop();
    await tasks.stop();
    await watching.close();
  });
}
