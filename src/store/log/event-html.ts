import { sql } from 'kysely';
import type { WireItem } from '../../domain/events/wire.ts';
import type { Db } from '../engine/engine.ts';
import { valueList } from '../engine/write-rows.ts';

type Body = Omit<WireItem, 'page'>;

/** The content of an item as it is stored with an event. The body does not contain it. */
export interface StoredBody {
  /** JSON of the body without `html`. */
  readonly body: string;
  /** Null: the body has no content, or it is in the item. */
  readonly html: string | null;
  /** 1: the content is that of the item. */
  readonly html_in_item: 0 | 1;
}

/**
 * Separates the content from the body of an event. Stored with the item alone, it does not make up a third of the log.
 *
 * @param isCurrent whether the content of the item is equal to that of the event until the transaction ends.
 */
export function separateHtml({ html, ...body }: Partial<Body>, isCurrent: boolean): StoredBody {
  const isInItem = html !== undefined && isCurrent;
  return { body: JSON.stringify(body), html: isInItem ? null : (html ?? null), html_in_item: isInItem ? 1 : 0 };
}

/** The JSON of a body with its content. */
export function joinHtml({ body, html }: { readonly body: string; readonly html: string | null }): string {
  return html === null ? body : `{"html":${JSON.stringify(html)},${body.slice(1)}`;
}

/**
 * Stores the content of items with the events that refer to it. Must be called before the content of an item changes, or
 * the item is deleted, so that the events stay as they were sent.
 */
export async function keepEventHtml(tx: Db, itemIds: readonly number[]): Promise<void> {
  if (itemIds.length === 0) return;
  await sql`update event
    set html = (select content_html from item where item.id = event.item_id), html_in_item = 0
    where item_id in ${valueList(tx, itemIds)} and html_in_item = 1`.execute(tx);
}
