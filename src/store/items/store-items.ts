import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ItemDraft, NormalisedFeed } from '../../domain/items/item.ts';
import { maskUrlText } from '../../domain/masking.ts';
import type { Lease, PollResult } from '../../domain/polling/poll.ts';
import type { Source } from '../../domain/polling/source.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import type { Row } from '../engine/tables.ts';
import { updateRows } from '../engine/write-rows.ts';
import { appendEvents, type ItemChange } from '../log/event-log.ts';
import { type PublicSource, toPublicSource } from '../queries/map-item.ts';
import { leasedSource, writePollResult } from '../sources/poll-results.ts';
import { withdrawMissing } from './complete-feeds.ts';
import { isSameArticle, type KnownEntry, renamedEntries } from './item-identity.ts';
import { readKnownItems } from './known-items.ts';
import { splitIntoBatches } from './split-into-batches.ts';
import { type BatchContext, type BatchCounts, storeBatch, zeroCounts } from './store-batch.ts';
import { withdrawDeleted } from './withdraw-items.ts';

/** What a refresh brought, and what is to be written about it in the end. */
export interface StoreRequest {
  readonly source: Source;
  readonly lease: Lease;
  readonly digest: NormalisedFeed;
  /** Whether no read of this source was ever stored whole: everything in it is backfill then. */
  readonly firstRead: boolean;
  readonly nowMs: number;
  /** The publisher's site; null: as the digest says. */
  readonly siteUrl: string | null;
  /** What to leave on the source, once it is known what its entries came to. Pure: it may be asked again. */
  settle(tally: DocumentCounts): PollResult;
  /** Called after each commit that wrote events, with the head of the log. */
  onBatch?(head: number): void;
}

/** What a whole document came to. */
interface DocumentCounts extends BatchCounts {
  /** Items that it lacks, although it says it is complete, and that no document before lacked. */
  readonly missing: readonly number[];
}

export type StoreResult =
  | ({
      readonly kind: 'stored';
      /** Events written. */
      readonly events: number;
      /** Head of the log after the last; null when there were none. */
      readonly head: number | null;
      readonly settlement: PollResult;
    } & BatchCounts)
  /** The source was claimed anew, edited or removed meanwhile: the rest was dropped. */
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
    heldBack: a.heldBack + b.heldBack,
  };
}

/**
 * The last of each entry: a document that names one entry twice means the later. An entry that an archive has under an
 * earlier guid, with the same link and nearly the same title, is left out as well.
 */
export function distinctEntries(drafts: readonly ItemDraft[]): ItemDraft[] {
  const kept = new Map(drafts.map((draft) => [draft.entryKey, draft]));
  const byLink = new Map<string, ItemDraft>();
  for (const draft of kept.values()) {
    if (draft.canonicalUrl === null) continue;
    const earlier = byLink.get(draft.canonicalUrl);
    if (earlier !== undefined && isSameArticle(earlier, draft)) kept.delete(earlier.entryKey);
    byLink.set(draft.canonicalUrl, draft);
  }
  return [...kept.values()];
}

/** The entry keys of a whole document. */
export function entryKeysOf({ drafts, unchanged }: Pick<NormalisedFeed, 'drafts' | 'unchanged'>): ReadonlySet<string> {
  return new Set([...drafts.map(({ entryKey }) => entryKey), ...unchanged]);
}

async function findRenamed(db: Db, request: StoreRequest): Promise<ReadonlyMap<string, KnownEntry>> {
  const { drafts } = request.digest;
  const row = await leasedSource(db, request.lease);
  if (row === null || drafts.length === 0) return new Map();
  return renamedEntries(drafts, entryKeysOf(request.digest), await readKnownItems(db, row, drafts));
}

/** With a single batch, what is read for it is enough to find the renamed entries. */
async function namesOf(store: Store, request: StoreRequest, batches: number): Promise<Batch['names']> {
  const document = entryKeysOf(request.digest);
  return { document, renamed: batches === 1 ? null : await store.read((tx) => findRenamed(tx, request)) };
}

/** Keeps what the document says of itself, from the first batch on: its items are shown under that name. */
async function noteTitle(tx: Db, row: Row<'source'>, request: StoreRequest): Promise<PublicSource> {
  const { digest } = request;
  const { hidden } = request.source;
  const siteUrl = request.siteUrl ?? digest.siteUrl;
  const known = {
    feed_title: digest.feedTitle ?? row.feed_title,
    site_url: siteUrl === null ? row.site_url : maskUrlText(siteUrl, hidden),
    // A hub whose address tells the secret is none that others are told of, nor is such a topic: that source is polled.
    hubs: JSON.stringify(digest.hubs.filter((hub) => maskUrlText(hub, hidden) === hub)),
    self_url: digest.selfUrl === null ? null : maskUrlText(digest.selfUrl, hidden),
  };
  const names = ['feed_title', 'site_url', 'hubs', 'self_url'] as const;
  if (names.some((name) => known[name] !== row[name])) {
    await updateRows(tx, 'source', 'ref', [{ ref: row.ref, ...known }]);
  }
  return toPublicSource({ ...row, ...known });
}

interface Ending {
  readonly settlement: PollResult;
  readonly happenings: readonly ItemChange[];
}

/** What goes with the last batch only, so that a kill in between costs a second read and never an item. */
async function finish(tx: Db, row: Row<'source'>, request: StoreRequest, counts: BatchCounts): Promise<Ending> {
  const { digest, nowMs } = request;
  const present = entryKeysOf(digest);
  const guids = digest.deleted.map(({ ref }) => ref);
  const deleted = await withdrawDeleted(tx, { sourceRef: row.ref, guids, present }, nowMs);
  const { missing, happenings } = await withdrawMissing(tx, { source: row, digest, present }, nowMs);
  const settlement = request.settle({ ...counts, missing });
  await writePollResult(tx, row, settlement, { nowMs, counts, isWhole: true });
  return { settlement, happenings: [...deleted, ...happenings] };
}

interface Batch {
  readonly drafts: readonly ItemDraft[];
  /** What the whole document says about which entries have new guids. */
  readonly names: Pick<BatchContext, 'renamed' | 'document'>;
  readonly isLast: boolean;
  readonly before: Progress;
}

async function storeOne(
  tx: Db,
  request: StoreRequest,
  batch: Batch,
): Promise<(Progress & { readonly settlement: PollResult | null }) | null> {
  const { firstRead, nowMs } = request;
  const row = await leasedSource(tx, request.lease);
  if (row === null) return null;
  const source = await noteTitle(tx, row, request);
  const stored = await storeBatch(tx, batch.drafts, { source, ...batch.names, firstRead, nowMs });
  const counts = sum(batch.before.counts, stored.counts);
  const ending = batch.isLast ? await finish(tx, row, request, counts) : null;
  const happenings = [...stored.happenings, ...(ending?.happenings ?? [])];
  const head = await appendEvents(tx, happenings, nowMs);
  return {
    counts,
    events: batch.before.events + happenings.length,
    head,
    settlement: ending?.settlement ?? null,
  };
}

/**
 * Stores what a refresh brought: items, appearances and events, in batches of one transaction each with a turn of the
 * event loop between them; the last carries the settlement. Every batch demands that the lease is still good.
 */
export async function storeFeed(store: Store, request: StoreRequest): Promise<StoreResult> {
  const batches = splitIntoBatches(distinctEntries(request.digest.drafts));
  const names = await namesOf(store, request, batches.length);
  let progress: Progress = { counts: zeroCounts, events: 0, head: null };
  for (const [index, drafts] of batches.entries()) {
    const batch = { drafts, names, isLast: index === batches.length - 1, before: progress };
    const done = await store.write((tx) => storeOne(tx, request, batch), drafts.length);
    if (done === null) return { kind: 'lease-lost' };
    if (done.head !== null) request.onBatch?.(done.head);
    progress = { ...done, head: done.head ?? progress.head };
    const { counts, events, head } = progress;
    if (done.settlement !== null) return { kind: 'stored', ...counts, events, head, settlement: done.settlement };
    await nextTurn();
  }
  throw new Error('the last batch carried no settlement');
}
