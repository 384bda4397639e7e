import { sql } from 'kysely';
import type { ItemDraft } from '../domain/item.ts';
import { type Db, engineOf } from './dialect.ts';
import { fixedQuery } from './fixed-query.ts';
import { candidateKeys, type Known, type KnownEntry } from './identity.ts';

interface EntryRow {
  readonly id: number;
  readonly entry_key: string;
  readonly item_id: number | null;
  readonly content_hash: string;
}

function toEntry(row: EntryRow): KnownEntry {
  return { appearanceId: row.id, entryKey: row.entry_key, itemId: row.item_id, contentHash: row.content_hash };
}

interface ItemRow {
  readonly itemId: number;
  readonly key: string;
  readonly id: number | null;
  readonly entry_key: string | null;
  readonly item_id: number | null;
  readonly content_hash: string | null;
  readonly title: string;
  readonly url: string | null;
}

/** The keys are a JSON array. */
const selectItems = fixedQuery<{ ref: number; keys: string }, ItemRow>(['ref', 'keys'], (db, { ref, keys }) =>
  db
    .selectFrom('item')
    .leftJoin('appearance', (join) =>
      join.onRef('appearance.item_id', '=', 'item.id').on('appearance.source_ref', '=', ref),
    )
    .select([
      'item.id as itemId',
      'key',
      'appearance.id',
      'entry_key',
      'item_id',
      'appearance.content_hash',
      'item.title',
      'item.url',
    ])
    .where('key', 'in', sql<string>`${engineOf(db).values(keys)}`),
);

const selectEntries = fixedQuery<{ ref: number; keys: string }, EntryRow>(['ref', 'keys'], (db, { ref, keys }) =>
  db
    .selectFrom('appearance')
    .select(['id', 'entry_key', 'item_id', 'content_hash'])
    .where('source_ref', '=', ref)
    .where('entry_key', 'in', sql<string>`${engineOf(db).values(keys)}`),
);

const selectRetired = fixedQuery<{ keys: string }, { key: string }>(['keys'], (db, { keys }) =>
  db
    .selectFrom('retired_key')
    .select('key')
    .where('key', 'in', sql<string>`${engineOf(db).values(keys)}`),
);

async function readItems(db: Db, ref: number, keys: readonly string[]): Promise<Known['items']> {
  const rows = await selectItems(db, { ref, keys: JSON.stringify(keys) });
  return new Map(
    rows.map(({ itemId, key, id, entry_key, item_id, content_hash, title, url }) => {
      const seen = id !== null && entry_key !== null && content_hash !== null;
      const ownEntry = seen ? toEntry({ id, entry_key, item_id, content_hash }) : null;
      return [key, { itemId, ownEntry, title, url }];
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
  const entries = await selectEntries(db, { ref: source.ref, keys: JSON.stringify(entryKeys) });
  const retired = await selectRetired(db, { keys: JSON.stringify(keys) });
  return {
    sourceId: source.id,
    sourceRef: source.ref,
    entries: new Map(entries.map((row) => [row.entry_key, toEntry(row)])),
    items: await readItems(db, source.ref, keys),
    retired: new Set(retired.map(({ key }) => key)),
  };
}
