import { sql } from 'kysely';
import type { ItemDraft } from '../domain/item.ts';
import type { Db } from './dialect.ts';
import { candidateKeys, type Known, type KnownEntry } from './identity.ts';
import { anyOf } from './rows.ts';

interface EntryRow {
  readonly id: number;
  readonly entry_key: string;
  readonly item_id: number | null;
  readonly content_hash: string;
}

function toEntry(row: EntryRow): KnownEntry {
  return { appearanceId: row.id, entryKey: row.entry_key, itemId: row.item_id, contentHash: row.content_hash };
}

async function readItems(db: Db, ref: number, keys: readonly string[]): Promise<Known['items']> {
  const rows = await db
    .selectFrom('item')
    .leftJoin('appearance', (join) =>
      join.onRef('appearance.item_id', '=', 'item.id').on('appearance.source_ref', '=', ref),
    )
    .select(['item.id as itemId', 'key', 'appearance.id', 'entry_key', 'item_id', 'appearance.content_hash'])
    .where('key', 'in', sql<string>`${anyOf(db, keys)}`)
    .execute();
  return new Map(
    rows.map(({ itemId, key, id, entry_key, item_id, content_hash }) => {
      const seen = id !== null && entry_key !== null && content_hash !== null;
      return [key, { itemId, ownEntry: seen ? toEntry({ id, entry_key, item_id, content_hash }) : null }];
    }),
  );
}

/** Reads everything that bears on what these entries are. Three statements, however many there are. */
export async function readKnown(
  db: Db,
  source: { readonly id: string; readonly ref: number },
  drafts: readonly ItemDraft[],
): Promise<Known> {
  const entryKeys = drafts.map(({ entryKey }) => entryKey);
  const keys = candidateKeys(source.id, drafts);
  const entries = await db
    .selectFrom('appearance')
    .select(['id', 'entry_key', 'item_id', 'content_hash'])
    .where('source_ref', '=', source.ref)
    .where('entry_key', 'in', sql<string>`${anyOf(db, entryKeys)}`)
    .execute();
  const retired = await db
    .selectFrom('retired_key')
    .select('key')
    .where('key', 'in', sql<string>`${anyOf(db, keys)}`)
    .execute();
  return {
    sourceId: source.id,
    sourceRef: source.ref,
    entries: new Map(entries.map((row) => [row.entry_key, toEntry(row)])),
    items: await readItems(db, source.ref, keys),
    retired: new Set(retired.map(({ key }) => key)),
  };
}
