import { sql } from 'kysely';
import type { NormalisedFeed } from '../../domain/items/item.ts';
import type { Db } from '../engine/engine.ts';
import type { Row } from '../engine/tables.ts';
import { valueList } from '../engine/write-rows.ts';
import type { ItemChange } from '../log/event-log.ts';
import { readStoredItems, type StoredItem } from '../queries/map-item.ts';
import { pollHistoryOf } from '../sources/poll-results.ts';
import { withdrawStored } from './withdraw-items.ts';

/** So many are taken away in one read, and remembered as missing until the next. */
const mostMissing = 200;
/** Notes of a document of which we have not taken all: what is missing in it may be missing with us only. */
const partial = /^(partial_parse|filtered|item_flood)(:|$)/;

/** What a complete document came to. */
export interface OmissionResult {
  readonly happenings: readonly ItemChange[];
  /** Items that it lacks and that nobody has missed before. */
  readonly missing: readonly number[];
}

const nothingMissing: OmissionResult = { happenings: [], missing: [] };

/** Items that no other source shows, and that none of these entries is. */
async function itemsBeyond(tx: Db, sourceRef: number, present: ReadonlySet<string>): Promise<number[]> {
  const rows = await tx
    .selectFrom('appearance')
    .innerJoin('item', 'item.id', 'appearance.item_id')
    .select('item.id')
    .where('source_ref', '=', sourceRef)
    .where('item.withdrawn_ms', 'is', null)
    .where('entry_key', 'not in', sql<string>`${valueList(tx, [...present])}`)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('appearance as other')
            .select('other.id')
            .whereRef('other.item_id', '=', 'item.id')
            .where('other.source_ref', '!=', sourceRef),
        ),
      ),
    )
    .orderBy('item.id')
    .limit(2 * mostMissing)
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * They count as never read, so that an entry is looked at when it is listed again, also with the text that we know.
 */
async function withdrawOmitted(tx: Db, items: readonly StoredItem[], nowMs: number): Promise<ItemChange[]> {
  const ids = items.map(({ row }) => row.id);
  await tx
    .updateTable('appearance')
    .set({ content_hash: '' })
    .where('item_id', 'in', sql<number>`${valueList(tx, ids)}`)
    .execute();
  return withdrawStored(tx, items, { why: 'omitted', nowMs });
}

/**
 * Withdraws what a document lacks that says it is the whole feed (RFC 5005 section 2), when the one before lacked it
 * too: one mistake of its publisher must not empty a source. An item that another source shows as well stays.
 */
export async function withdrawMissing(
  tx: Db,
  about: { readonly source: Row<'source'>; readonly digest: NormalisedFeed; readonly present: ReadonlySet<string> },
  nowMs: number,
): Promise<OmissionResult> {
  const { source, digest, present } = about;
  if (!digest.complete || digest.notes.some((note) => partial.test(note))) return nothingMissing;
  const lacking = await itemsBeyond(tx, source.ref, present);
  if (lacking.length === 0) return nothingMissing;
  const before = new Set(pollHistoryOf(source).missingItemIds);
  const items = await readStoredItems(
    tx,
    lacking.filter((id) => before.has(id)),
  );
  return {
    happenings: await withdrawOmitted(tx, [...items.values()], nowMs),
    missing: lacking.filter((id) => !before.has(id)).slice(0, mostMissing),
  };
}
