import type { NormalisedFeed } from '../../domain/items/item.ts';
import type { Db } from '../engine/engine.ts';
import type { Row } from '../engine/tables.ts';
import { valueList } from '../engine/write-rows.ts';
import type { ItemChange } from '../log/event-log.ts';
import { readStoredItems, type StoredItem } from '../queries/map-item.ts';
import { pollHistoryOf } from '../sources/poll-results.ts';
import { withdrawStored } from './withdraw-items.ts';

/** Maximum number of items withdrawn after one document, and recorded as missing until the next. */
const maxMissing = 200;
/** Notes of a document that was not processed as a whole: an entry may be missing here and present at the publisher. */
const partial = /^(partial_parse|filtered|item_flood)(:|$)/;

/** The effect of a complete document on the items that it lacks. */
export interface OmissionResult {
  readonly changes: readonly ItemChange[];
  /** Items that this document lacks and the one before had. */
  readonly missing: readonly number[];
}

/** Finds items that only this source lists, under an entry key that the document lacks. */
async function findMissing(tx: Db, sourceRef: number, present: ReadonlySet<string>): Promise<number[]> {
  const rows = await tx
    .selectFrom('appearance')
    .innerJoin('item', 'item.id', 'appearance.item_id')
    .select('item.id')
    .where('source_ref', '=', sourceRef)
    .where('item.withdrawn_ms', 'is', null)
    .where('entry_key', 'not in', valueList(tx, [...present]))
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
    .limit(2 * maxMissing)
    .execute();
  return rows.map(({ id }) => id);
}

async function withdrawOmitted(tx: Db, items: readonly StoredItem[], nowMs: number): Promise<ItemChange[]> {
  const ids = items.map(({ row }) => row.id);
  // Without its hash, an entry that is listed again is processed even if its content is unchanged.
  await tx
    .updateTable('appearance')
    .set({ content_hash: '' })
    .where('item_id', 'in', valueList(tx, ids))
    .execute();
  return withdrawStored(tx, items, { why: 'omitted', nowMs });
}

/**
 * Withdraws items that a complete feed (RFC 5005 section 2) lacks, if the previous document lacked them too: one
 * mistake of the publisher must not empty a source. An item that another source has stays.
 */
export async function withdrawMissing(
  tx: Db,
  about: { readonly source: Row<'source'>; readonly feed: NormalisedFeed; readonly present: ReadonlySet<string> },
  nowMs: number,
): Promise<OmissionResult> {
  const { source, feed, present } = about;
  if (!feed.complete || feed.notes.some((note) => partial.test(note))) return { changes: [], missing: [] };
  const missing = await findMissing(tx, source.ref, present);
  if (missing.length === 0) return { changes: [], missing: [] };
  const missingBefore = new Set(pollHistoryOf(source).missingItemIds);
  const missingAgain = missing.filter((id) => missingBefore.has(id));
  const items = await readStoredItems(tx, missingAgain);
  return {
    changes: await withdrawOmitted(tx, [...items.values()], nowMs),
    missing: missing.filter((id) => !missingBefore.has(id)).slice(0, maxMissing),
  };
}
