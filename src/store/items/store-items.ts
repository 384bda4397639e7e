import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ItemDraft, NormalisedFeed } from '../../domain/items/item.ts';
import type { Lease, PollResult } from '../../domain/polling/poll.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import type { Row } from '../engine/tables.ts';
import { updateRows } from '../engine/write-rows.ts';
import { appendEvents, type ItemChange } from '../log/event-log.ts';
import { type PublicSource, toPublicSource } from '../queries/map-item.ts';
import { leasedSource, writePollResult } from '../sources/poll-results.ts';
import { isSameArticle, type KnownEntry, renamedEntries } from './item-identity.ts';
import { readKnownItems } from './known-items.ts';
import { type BatchContext, type BatchCounts, splitIntoBatches, storeBatch, zeroCounts } from './store-batch.ts';
import { withdrawDeleted, withdrawMissing } from './withdraw-items.ts';

/** A feed to store, with what is stored beside its items. */
export interface StoreRequest {
  readonly lease: Lease;
  readonly feed: NormalisedFeed;
  /** True until one document of the source was stored whole: its items are backfill. */
  readonly firstRead: boolean;
  readonly nowMs: number;
  /** Computes the result of the poll from the counts of the whole document. Pure: a retry calls it again. */
  toPollResult(counts: DocumentCounts): PollResult;
  /** Called after each commit that wrote events, with the head of the log. */
  onCommit?(head: number): void;
}

/** Counts over a whole document. */
interface DocumentCounts extends BatchCounts {
  /** Items that a complete document lacks and the one before had. */
  readonly missing: readonly number[];
}

/** The outcome of storing a feed. */
export type StoreResult =
  | ({
      readonly kind: 'stored';
      readonly events: number;
      /** Head of the log after the last event; null when there were none. */
      readonly head: number | null;
      readonly pollResult: PollResult;
    } & BatchCounts)
  /** Another process claimed the source, or it was edited or removed: the remaining batches are not stored. */
  | { readonly kind: 'lease-lost' };

interface Progress {
  readonly counts: BatchCounts;
  readonly events: number;
  readonly head: number | null;
}

function sum(a: BatchCounts, b: BatchCounts): BatchCounts {
  return {
    added: a.added + b.added,
    joined: a.joined + b.joined,
    updated: a.updated + b.updated,
    deferred: a.deferred + b.deferred,
  };
}

/**
 * Keeps the last of several entries with one key. Also drops an entry that an archive has under an earlier guid, with
 * the same link and nearly the same title.
 */
export function distinctEntries(drafts: readonly ItemDraft[]): ItemDraft[] {
  const byKey = new Map(drafts.map((draft) => [draft.entryKey, draft]));
  const byLink = new Map<string, ItemDraft>();
  for (const draft of byKey.values()) {
    if (draft.canonicalUrl === null) continue;
    const earlier = byLink.get(draft.canonicalUrl);
    if (earlier !== undefined && isSameArticle(earlier, draft)) byKey.delete(earlier.entryKey);
    byLink.set(draft.canonicalUrl, draft);
  }
  return [...byKey.values()];
}

/** The entry keys of a whole document. */
export function entryKeysOf({ drafts, unchanged }: Pick<NormalisedFeed, 'drafts' | 'unchanged'>): ReadonlySet<string> {
  return new Set([...drafts.map(({ entryKey }) => entryKey), ...unchanged]);
}

async function findRenamed(db: Db, request: StoreRequest): Promise<ReadonlyMap<string, KnownEntry>> {
  const { drafts } = request.feed;
  const row = await leasedSource(db, request.lease);
  if (row === null || drafts.length === 0) return new Map();
  return renamedEntries(drafts, entryKeysOf(request.feed), await readKnownItems(db, row, drafts));
}

/** With a single batch, the reads of that batch are enough to find the renamed entries. */
async function documentContext(store: Store, request: StoreRequest, batches: number): Promise<Batch['context']> {
  const renamed = batches === 1 ? null : await store.read((tx) => findRenamed(tx, request));
  return { documentKeys: entryKeysOf(request.feed), renamed };
}

/** Writes the metadata of a feed from the first batch on, because its items are shown under the feed's title. */
async function updateSourceMetadata(tx: Db, row: Row<'source'>, feed: NormalisedFeed): Promise<PublicSource> {
  const metadata = {
    feed_title: feed.feedTitle ?? row.feed_title,
    site_url: feed.siteUrl ?? row.site_url,
    hubs: JSON.stringify(feed.hubs),
    self_url: feed.selfUrl,
  };
  const names = ['feed_title', 'site_url', 'hubs', 'self_url'] as const;
  if (names.some((name) => metadata[name] !== row[name])) {
    await updateRows(tx, 'source', 'ref', [{ ref: row.ref, ...metadata }]);
  }
  return toPublicSource({ ...row, ...metadata });
}

interface Ending {
  readonly pollResult: PollResult;
  readonly changes: readonly ItemChange[];
}

/** Part of the last batch only: a process that is killed before it reads the document again and loses no item. */
async function finish(tx: Db, row: Row<'source'>, request: StoreRequest, counts: BatchCounts): Promise<Ending> {
  const { feed, nowMs } = request;
  const present = entryKeysOf(feed);
  const guids = feed.deleted.map(({ ref }) => ref);
  const deleted = await withdrawDeleted(tx, { sourceRef: row.ref, guids, present }, nowMs);
  const omitted = await withdrawMissing(tx, { source: row, feed, present }, nowMs);
  const pollResult = request.toPollResult({ ...counts, missing: omitted.missing });
  await writePollResult(tx, row, pollResult, { nowMs, counts, isWhole: true });
  return { pollResult, changes: [...deleted, ...omitted.changes] };
}

interface Batch {
  readonly drafts: readonly ItemDraft[];
  readonly context: Pick<BatchContext, 'renamed' | 'documentKeys'>;
  readonly isLast: boolean;
  readonly before: Progress;
}

interface StoredBatch extends Progress {
  /** Null before the last batch. */
  readonly pollResult: PollResult | null;
}

/** @returns null when the lease is lost: nothing was written. */
async function storeOne(tx: Db, request: StoreRequest, batch: Batch): Promise<StoredBatch | null> {
  const { firstRead, nowMs } = request;
  const row = await leasedSource(tx, request.lease);
  if (row === null) return null;
  const source = await updateSourceMetadata(tx, row, request.feed);
  const stored = await storeBatch(tx, batch.drafts, { source, ...batch.context, firstRead, nowMs });
  const counts = sum(batch.before.counts, stored.counts);
  const ending = batch.isLast ? await finish(tx, row, request, counts) : null;
  const changes = [...stored.changes, ...(ending?.changes ?? [])];
  const head = await appendEvents(tx, changes, nowMs);
  const events = batch.before.events + changes.length;
  return { counts, events, head, pollResult: ending?.pollResult ?? null };
}

/**
 * Stores a feed: items, appearances and events, in batches of one transaction each. The event loop runs between two
 * batches. The last batch writes the poll result. Every batch verifies the lease.
 */
export async function storeFeed(store: Store, request: StoreRequest): Promise<StoreResult> {
  const batches = splitIntoBatches(distinctEntries(request.feed.drafts));
  const context = await documentContext(store, request, batches.length);
  let progress: Progress = { counts: zeroCounts, events: 0, head: null };
  for (const [index, drafts] of batches.entries()) {
    const batch = { drafts, context, isLast: index === batches.length - 1, before: progress };
    const stored = await store.write((tx) => storeOne(tx, request, batch), drafts.length);
    if (stored === null) return { kind: 'lease-lost' };
    if (stored.head !== null) request.onCommit?.(stored.head);
    progress = { ...stored, head: stored.head ?? progress.head };
    const { counts, events, head } = progress;
    if (stored.pollResult !== null) return { kind: 'stored', ...counts, events, head, pollResult: stored.pollResult };
    await nextTurn();
  }
  throw new Error('the last batch has no poll result');
}
