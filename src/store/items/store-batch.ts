import { sql } from 'kysely';
import { searchText } from '../../domain/events/wire-item.ts';
import type { ItemDraft } from '../../domain/items/item.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { insertReturningIds, insertRows, updateRows, valueList } from '../engine/write-rows.ts';
import type { ItemChange } from '../log/event-log.ts';
import { type PublicSource, readStoredItems, type StoredItem, toItem } from '../queries/map-item.ts';
import { type EntryMatch, type KnownEntry, matchEntry, renamedEntries } from './item-identity.ts';
import { readKnownItems } from './known-items.ts';
import { type MergeResult, mergeEntry, newItemRow } from './merge-entry.ts';
import { incrementItemCounts } from './source-item-counts.ts';

/** What a batch is stored under. */
export interface BatchContext {
  readonly source: PublicSource;
  /** See `renamedEntries`; null: the batch is all that is new in its document, so they can be found in it. */
  readonly renamed: ReadonlyMap<string, KnownEntry> | null;
  /** Entry keys of the document. */
  readonly document: ReadonlySet<string>;
  readonly firstRead: boolean;
  readonly nowMs: number;
}

/** What a document's entries came to. */
export interface BatchCounts {
  /** New items. */
  readonly added: number;
  /** Items of other sources that are now seen at this one too. */
  readonly joined: number;
  /** Items that were edited. */
  readonly updated: number;
  /** Edits that came too soon after others: the read must not be remembered as done. */
  readonly heldBack: number;
}

export const zeroCounts: BatchCounts = { added: 0, joined: 0, updated: 0, heldBack: 0 };

/** An entry, what it is, and what it does to its item. */
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
  const { document } = context;
  const renamed = context.renamed ?? renamedEntries(drafts, document, known);
  const taken = new Set<string>();
  const recognised = drafts.map((draft) => {
    const what = matchEntry(draft, known, { renamed, document, taken });
    if (draft.canonicalUrl !== null) taken.add(draft.canonicalUrl);
    return { draft, what };
  });
  const itemIds = recognised.flatMap(({ what }) => ('itemId' in what ? [what.itemId] : []));
  const stored = await readStoredItems(tx, itemIds);
  return recognised.flatMap(({ draft, what }) => stepFor(draft, what, stored, context));
}

function stepFor(
  draft: ItemDraft,
  what: EntryMatch,
  stored: ReadonlyMap<number, StoredItem>,
  context: BatchContext,
): Step[] {
  const { source, nowMs, firstRead } = context;
  if (what.kind === 'retired') return [{ kind: 'retired', draft, entry: what.entry }];
  if (what.kind === 'new') {
    return [{ kind: 'add', draft, row: newItemRow(draft, { key: what.key, ownerRef: source.ref, nowMs, firstRead }) }];
  }
  const before = stored.get(what.itemId);
  if (before === undefined) throw new Error(`appearance of item ${what.itemId}, which is not there`);
  const entry = what.kind === 'known' ? what.entry : null;
  const renamed = what.kind === 'known' && what.renamed;
  // An entry that is known with this very text says nothing, whatever its owner has made of the item.
  if (entry?.contentHash === draft.contentHash && !renamed) return [];
  return [{ kind: 'merge', draft, entry, merged: mergeEntry(before, draft, source, nowMs) }];
}

async function addItems(tx: Db, steps: readonly Step[]): Promise<ReadonlyMap<string, number>> {
  const rows = steps.flatMap((step) => (step.kind === 'add' ? [step.row] : []));
  const ids = await insertReturningIds(tx, 'item', rows);
  return new Map(rows.map(({ key }, index) => [key, ids[index] ?? 0]));
}

/** A step after the new items have their ids. */
interface Done {
  readonly step: Step;
  /** The item as it is now; null when there is none. */
  readonly after: StoredItem | null;
  readonly before: StoredItem | null;
  readonly changed: readonly string[];
}

function done(step: Step, ids: ReadonlyMap<string, number>, source: PublicSource): Done {
  if (step.kind === 'retired') return { step, after: null, before: null, changed: [] };
  if (step.kind === 'merge') {
    const { before, after, changed } = step.merged;
    return { step, after, before, changed };
  }
  const id = ids.get(step.row.key);
  if (id === undefined) throw new Error(`the item ${step.row.key} was not inserted`);
  return { step, after: { row: { id, ...step.row }, sources: [source] }, before: null, changed: [] };
}

async function writeAppearances(tx: Db, steps: readonly Done[], context: BatchContext): Promise<void> {
  const { source, nowMs } = context;
  const fresh = steps.filter(({ step }) => step.kind === 'add' || step.entry === null);
  await insertRows(
    tx,
    'appearance',
    fresh.map(({ step: { draft }, after }) => ({
      source_ref: source.ref,
      entry_key: draft.entryKey,
      item_id: after?.row.id ?? null,
      sort_ms: after?.row.sort_ms ?? nowMs,
      arrival_ms: after?.row.arrival_ms ?? nowMs,
      content_hash: draft.contentHash,
      guid: draft.guid,
      first_seen_ms: nowMs,
    })),
  );
  const known = steps.flatMap(({ step }) =>
    step.kind === 'add' || step.entry === null ? [] : [{ step, entry: step.entry }],
  );
  await updateRows(
    tx,
    'appearance',
    'id',
    known.map(({ step, entry }) => ({
      id: entry.appearanceId,
      entry_key: step.draft.entryKey,
      guid: step.draft.guid,
      // An edit that was held back keeps the hash before it, or no later read would offer it again.
      content_hash: step.kind === 'merge' && step.merged.held ? entry.contentHash : step.draft.contentHash,
    })),
  );
  const gained = fresh.filter(({ after }) => after !== null && after.row.withdrawn_ms === null).length;
  if (gained === 0) return;
  await gainItems(tx, { gained, ref: source.ref });
}

const gainItems = compiledQuery<{ gained: number; ref: number }, unknown>(['gained', 'ref'], (db, { gained, ref }) =>
  db
    .updateTable('source')
    .set((eb) => ({ items: eb('items', '+', gained) }))
    .where('ref', '=', ref),
);

function comesBack(step: Done): step is Done & { readonly after: StoredItem } {
  return (
    step.after !== null && step.after.row.withdrawn_ms === null && (step.before?.row.withdrawn_ms ?? null) !== null
  );
}

/** The items whose own row is new or not what it was. */
function rewritten(steps: readonly Done[]): StoredItem[] {
  return steps.flatMap(({ before, after }) => (after !== null && after.row !== before?.row ? [after] : []));
}

async function writeItems(tx: Db, steps: readonly Done[]): Promise<void> {
  const edited = rewritten(steps.filter(({ before }) => before !== null)).map(({ row }) => row);
  await updateRows(tx, 'item', 'id', edited);
  const all = rewritten(steps);
  await writeCategories(tx, all, edited.length > 0);
  const back = steps.flatMap((step) => (comesBack(step) ? [step.after.row.id] : []));
  if (back.length > 0) await incrementItemCounts(tx, back);
  await engineOf(tx).indexTexts(
    tx,
    all.map((item) => ({ itemId: item.row.id, text: searchText(toItem(item)) })),
  );
}

async function writeCategories(tx: Db, items: readonly StoredItem[], someExist: boolean): Promise<void> {
  if (someExist) {
    const ids = items.map(({ row }) => row.id);
    await tx
      .deleteFrom('item_category')
      .where('item_id', 'in', sql<number>`${valueList(tx, ids)}`)
      .execute();
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

function happeningsOf(steps: readonly Done[]): ItemChange[] {
  return steps.flatMap(({ step, before, after, changed }): ItemChange[] => {
    if (after === null) return [];
    if (step.kind === 'add') return [{ op: 'add', item: toItem(after), before: null, changed: [] }];
    if (before === null || changed.length === 0) return [];
    return [{ op: 'update', item: toItem(after), before: toItem(before), changed }];
  });
}

function countsOf(steps: readonly Done[]): BatchCounts {
  const merges = steps.flatMap(({ step }) => (step.kind === 'merge' ? [step] : []));
  return {
    added: steps.filter(({ step }) => step.kind === 'add').length,
    joined: merges.filter(({ entry }) => entry === null).length,
    updated: merges.filter(({ merged }) => !merged.held && merged.changed.some((name) => name !== 'alsoIn')).length,
    heldBack: merges.filter(({ merged }) => merged.held).length,
  };
}

/**
 * Writes a batch of entries: items, appearances and search index. Says what happened, for the log, whose rows are the
 * last that a transaction writes.
 */
export async function storeBatch(
  tx: Db,
  drafts: readonly ItemDraft[],
  context: BatchContext,
): Promise<{ readonly counts: BatchCounts; readonly happenings: readonly ItemChange[] }> {
  if (drafts.length === 0) return { counts: zeroCounts, happenings: [] };
  const steps = await plan(tx, drafts, context);
  const ids = await addItems(tx, steps);
  const finished = steps.map((step) => done(step, ids, context.source));
  await writeItems(tx, finished);
  await writeAppearances(tx, finished, context);
  return { counts: countsOf(finished), happenings: happeningsOf(finished) };
}
