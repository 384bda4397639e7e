import { sql } from 'kysely';
import { searchText } from '../../domain/events/wire-item.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { updateRows } from '../engine/write-rows.ts';
import { keepEventHtml } from '../log/event-html.ts';
import { appendEvents, type ItemChange } from '../log/event-log.ts';
import { readStoredItems, type StoredItem, toItem } from '../queries/map-item.ts';
import { changedFields } from './merge-entry.ts';

/** The content of an item. */
export interface StoredHtml {
  readonly id: number;
  readonly html: string;
}

/** Stored content and its replacement. */
export interface HtmlChange extends StoredHtml {
  readonly sanitised: string;
}

/** Reads the content of items after an id, by ascending id. Items without content are skipped. */
export async function readStoredHtml(db: Db, afterId: number, limit: number): Promise<StoredHtml[]> {
  const { rows } = await sql<StoredHtml>`select id, content_html as html from item
    where id > ${afterId} and content_html <> '' order by id limit ${limit}`.execute(db);
  return rows;
}

/** The item with its new content; null if an edit has changed the content in the meantime. */
function replaced(before: StoredItem, { html, sanitised: cleaned }: HtmlChange): StoredItem | null {
  if (before.row.content_html !== html) return null;
  const after = { ...before, row: { ...before.row, content_html: cleaned } };
  if (searchText(toItem(before)) === searchText(toItem(after))) return after;
  return { ...after, row: { ...after.row, revision: before.row.revision + 1 } };
}

/**
 * Replaces the content of items by its sanitised form. Writes an event only for items whose text changes.
 *
 * @returns the head of the log; null when no event was written.
 */
export async function replaceHtml(store: Store, changes: readonly HtmlChange[], nowMs: number): Promise<number | null> {
  if (changes.length === 0) return null;
  return store.write(async (tx) => {
    const ids = changes.map(({ id }) => id);
    const stored = await readStoredItems(tx, ids);
    const pairs = changes.flatMap((change) => {
      const before = stored.get(change.id);
      const after = before === undefined ? null : replaced(before, change);
      return before === undefined || after === null ? [] : [{ before, after }];
    });
    await keepEventHtml(
      tx,
      pairs.map(({ before: { row } }) => row.id),
    );
    const rows = pairs.map(({ after: { row } }) => ({
      id: row.id,
      content_html: row.content_html,
      revision: row.revision,
    }));
    await updateRows(tx, 'item', 'id', rows);
    const reworded = pairs.filter(
      ({ before, after }) => after.row.revision > before.row.revision && after.row.withdrawn_ms === null,
    );
    const texts = reworded.map(({ after }) => ({ itemId: after.row.id, text: searchText(toItem(after)) }));
    await engineOf(tx).indexTexts(tx, texts);
    return appendEvents(tx, reworded.flatMap(toChanges), nowMs);
  });
}

function toChanges(pair: { readonly before: StoredItem; readonly after: StoredItem }): ItemChange[] {
  const [before, item] = [toItem(pair.before), toItem(pair.after)];
  const changed = changedFields(before, item);
  return changed.length === 0 ? [] : [{ op: 'update', item, before, changed }];
}
