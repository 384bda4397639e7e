import { searchText } from '../../domain/events/wire-item.ts';
import type { ItemDraft } from '../../domain/items/item.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { insertReturningIds, insertRows, updateRows, valueList } from '../engine/write-rows.ts';
import { keepEventHtml } from '../log/event-html.ts';
import type { ItemChange } from '../log/event-log.ts';
import { type PublicSource, readStoredItems, type StoredItem, toItem } from '../queries/map-item.ts';
import { type EntryMatch, type KnownEntry, matchEntry, renamedEntries } from './item-identity.ts';
import { readKnownItems } from './known-items.ts';
import { type MergeResult, mergeEntry, newItemRow } from './merge-entry.ts';
import { incrementItemCounts } from './withdraw-items.ts';

const maxItems = 50;
const maxBytes = 256 * 1024;

function bytesOf(draft: ItemDraft): number {
  return Buffer.byteLength(draft.contentHtml) + Buffer.byteLength(draft.summary) + Buffer.byteLength(draft.title);
}

/**
 * Splits a document into batches, so that no transaction blocks the event loop for long: at most 50 items or 256 KB of
 * text, and at least one item. Keeps the order. An empty document is one empty batch.
 */
export function splitIntoBatches(drafts: readonly ItemDraft[]): ItemDraft[][] {
  const batches: ItemDraft[][] = [];
  let batch: ItemDraft[] = [];
  let bytes = 0;
  for (const draft of drafts) {
    const size = bytesOf(draft);
    if (batch.length > 0 && (batch.length >= maxItems || bytes + size > maxBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(draft);
    bytes += size;
  }
  return [...batches, batch];
}

export interface BatchContext {
  readonly source: PublicSource;
  /** See `renamedEntries`; null: the batch holds all new entries of its document, so they are found in the batch. */
  readonly renamed: ReadonlyMap<string, KnownEntry> | null;
  /** Entry keys of the whole document. */
  readonly documentKeys: ReadonlySet<string>;
  readonly firstRead: boolean;
  readonly nowMs: number;
}

/** Counts over the entries of a batch or a document. */
export interface BatchCounts {
  /** New items. */
  readonly added: number;
  /** Items of other sources that this source has for the first time. */
  readonly joined: number;
  /** Edited items. */
  readonly updated: number;
  /** Edits that came too soon after others. The document must be read again, so its validators are not stored. */
  readonly deferred: number;
}

export const zeroCounts: BatchCounts = { added: 0, joined: 0, updated: 0, deferred: 0 };

/** An entry and its effect on an item. */
type Step =
  | { readonly kind: 'add'; readonly draft: ItemDraft; readonly row: Omit<Row<'item'>, 'id'> }
  | {
      readonly kind: 'merge';
      readonly draft: ItemDraft;
      readonly entry: KnownEntry | null;
      readonly merged: MergeResult;
    }
  | { readonly kind: 'retired'; readonly draft: ItemDraft; readonly entry: KnownEntry | null };

async function plan(tx: Db, drafts: readonly ItemDraft[], context: BatchContext): Promise<Step[]> {
  const known = await readKnownItems(tx, context.source, drafts);
  const { documentKeys } = context;
  const renamed = context.renamed ?? renamedEntries(drafts, documentKeys, known);
  const claimedUrls = new Set<string>();
  const matches = drafts.map((draft) => {
    const match = matchEntry(draft, known, { renamed, documentKeys, claimedUrls });
    if (draft.canonicalUrl !== null) claimedUrls.add(draft.canonicalUrl);
    return { draft, match };
  });
  const itemIds = matches.flatMap(({ match }) => ('itemId' in match ? [match.itemId] : []));
  const stored = await readStoredItems(tx, itemIds);
  return matches.flatMap((one) => stepFor(one, stored, context));
}

function stepFor(
  { draft, match }: { readonly draft: ItemDraft; readonly match: EntryMatch },
  stored: ReadonlyMap<number, StoredItem>,
  context: BatchContext,
): Step[] {
  const { source, nowMs, firstRead } = context;
  if (match.kind === 'retired') return [{ kind: 'retired', draft, entry: match.entry }];
  if (match.kind === 'new') {
    return [{ kind: 'add', draft, row: newItemRow(draft, { key: match.key, ownerRef: source.ref, nowMs, firstRead }) }];
  }
  const before = stored.get(match.itemId);
  if (before === undefined) throw new Error(`an appearance refers to item ${match.itemId}, which does not exist`);
  const entry = match.kind === 'known' ? match.entry : null;
  const renamed = match.kind === 'known' && match.renamed;
  // A known entry with unchanged content changes nothing, even if the owner of the item has edited it.
  if (entry?.contentHash === draft.contentHash && !renamed) return [];
  return [{ kind: 'merge', draft, entry, merged: mergeEntry(before, draft, source, nowMs) }];
}

async function addItems(tx: Db, steps: readonly Step[]): Promise<ReadonlyMap<string, number>> {
  const rows = steps.flatMap((step) => (step.kind === 'add' ? [step.row] : []));
  const ids = await insertReturningIds(tx, 'item', rows);
  return new Map(rows.map(({ key }, index) => [key, ids[index] ?? 0]));
}

/** A step with the item before and after it. New items have their ids. */
interface AppliedStep {
  readonly step: Step;
  /** Null: the entry has no item. */
  readonly after: StoredItem | null;
  readonly before: StoredItem | null;
  readonly changed: readonly string[];
}

function applyStep(step: Step, ids: ReadonlyMap<string, number>, source: PublicSource): AppliedStep {
  if (step.kind === 'retired') return { step, after: null, before: null, changed: [] };
  if (step.kind === 'merge') {
    const { before, after, changed } = step.merged;
    return { step, after, before, changed };
  }
  const id = ids.get(step.row.key);
  if (id === undefined) throw new Error(`the item ${step.row.key} was not inserted`);
  return { step, after: { row: { id, ...step.row }, sources: [source] }, before: null, changed: [] };
}

async function writeAppearances(tx: Db, steps: readonly AppliedStep[], context: BatchContext): Promise<void> {
  const { source, nowMs } = context;
  const added = steps.filter(({ step }) => step.kind === 'add' || step.entry === null);
  const rows = added.map(({ step: { draft }, after }) => ({
    source_ref: source.ref,
    entry_key: draft.entryKey,
    item_id: after?.row.id ?? null,
    sort_ms: after?.row.sort_ms ?? nowMs,
    arrival_ms: after?.row.arrival_ms ?? nowMs,
    content_hash: draft.contentHash,
    guid: draft.guid,
    first_seen_ms: nowMs,
  }));
  await insertRows(tx, 'appearance', rows);
  const known = steps.flatMap(({ step }) =>
    step.kind === 'add' || step.entry === null ? [] : [{ step, entry: step.entry }],
  );
  const updates = known.map(({ step, entry }) => ({
    id: entry.appearanceId,
    entry_key: step.draft.entryKey,
    guid: step.draft.guid,
    // A deferred edit keeps the previous hash. With the new one, no later poll would see an edit.
    content_hash: step.kind === 'merge' && step.merged.deferred ? entry.contentHash : step.draft.contentHash,
  }));
  await updateRows(tx, 'appearance', 'id', updates);
  const gained = added.filter(({ after }) => after !== null && after.row.withdrawn_ms === null).length;
  if (gained === 0) return;
  await addToItemCount(tx, { gained, ref: source.ref });
}

const addToItemCount = compiledQuery<{ gained: number; ref: number }, unknown>(
  ['gained', 'ref'],
  (db, { gained, ref }) =>
    db
      .updateTable('source')
      .set((eb) => ({ items: eb('items', '+', gained) }))
      .where('ref', '=', ref),
);

function isRestored(step: AppliedStep): step is AppliedStep & { readonly after: StoredItem } {
  return (
    step.after !== null && step.after.row.withdrawn_ms === null && (step.before?.row.withdrawn_ms ?? null) !== null
  );
}

/** Items whose row is new or changed. */
function changedItems(steps: readonly AppliedStep[]): StoredItem[] {
  return steps.flatMap(({ before, after }) => (after !== null && after.row !== before?.row ? [after] : []));
}

function idsWithNewHtml(steps: readonly AppliedStep[]): number[] {
  return steps.flatMap(({ before, after }) =>
    before !== null && after !== null && before.row.content_html !== after.row.content_html ? [before.row.id] : [],
  );
}

async function writeItems(tx: Db, steps: readonly AppliedStep[]): Promise<void> {
  const edited = changedItems(steps.filter(({ before }) => before !== null)).map(({ row }) => row);
  await keepEventHtml(tx, idsWithNewHtml(steps));
  await updateRows(tx, 'item', 'id', edited);
  const changed = changedItems(steps);
  await writeCategories(tx, changed, edited.length > 0);
  const restored = steps.flatMap((step) => (isRestored(step) ? [step.after.row.id] : []));
  if (restored.length > 0) await incrementItemCounts(tx, restored);
  const texts = changed.map((item) => ({ itemId: item.row.id, text: searchText(toItem(item)) }));
  await engineOf(tx).indexTexts(tx, texts);
}

async function writeCategories(tx: Db, items: readonly StoredItem[], someExist: boolean): Promise<void> {
  if (someExist) {
    const ids = items.map(({ row }) => row.id);
    await tx.deleteFrom('item_category').where('item_id', 'in', valueList(tx, ids)).execute();
  }
  const rows = items.flatMap(({ row }) => {
    const categories = fromJson<string[]>(row.categories).map((category) =>
      category.normalize('NFC').toLowerCase().trim(),
    );
    const { id, sort_ms, arrival_ms } = row;
    return [...new Set(categories)].map((category) => ({ category, item_id: id, sort_ms, arrival_ms }));
  });
  await insertRows(tx, 'item_category', rows);
}

function changesOf(steps: readonly AppliedStep[]): ItemChange[] {
  return steps.flatMap(({ step, before, after, changed }): ItemChange[] => {
    if (after === null) return [];
    if (step.kind === 'add') return [{ op: 'add', item: toItem(after), before: null, changed: [] }];
    if (before === null || changed.length === 0) return [];
    return [{ op: 'update', item: toItem(after), before: toItem(before), changed }];
  });
}

function countsOf(steps: readonly AppliedStep[]): BatchCounts {
  const merges = steps.flatMap(({ step }) => (step.kind === 'merge' ? [step] : []));
  return {
    added: steps.filter(({ step }) => step.kind === 'add').length,
    joined: merges.filter(({ entry }) => entry === null).length,
    updated: merges.filter(({ merged }) => !merged.deferred && merged.changed.some((name) => name !== 'alsoIn')).length,
    deferred: merges.filter(({ merged }) => merged.deferred).length,
  };
}

/**
 * Writes a batch of entries: items, appearances and the search index. The caller appends the returned changes to the
 * event log at the end of the transaction.
 */
export async function storeBatch(
  tx: Db,
  drafts: readonly ItemDraft[],
  context: BatchContext,
): Promise<{ readonly counts: BatchCounts; readonly changes: readonly ItemChange[] }> {
  if (drafts.length === 0) return { counts: zeroCounts, changes: [] };
  const steps = await plan(tx, drafts, context);
  const ids = await addItems(tx, steps);
  const applied = steps.map((step) => applyStep(step, ids, context.source));
  await writeItems(tx, applied);
  await writeAppearances(tx, applied, context);
  return { counts: countsOf(applied), changes: changesOf(applied) };
}
