import type { Facets } from '../../domain/events/event.ts';
import type { WireItem } from '../../domain/events/wire.ts';
import { facetsOf, facetsWithoutText, searchText } from '../../domain/events/wire-item.ts';
import type { Item } from '../../domain/items/item.ts';
import { fromJson } from '../queries/map-item.ts';

/** Facets as an event's row has them: the text is left out where the event's body gives it again. */
type StoredFacets = Omit<Facets, 'text'> & { readonly text?: string };

/**
 * The facets of an item for its event's row. Titles, summaries and texts stand in the body already; written a second
 * time they would make up a third of the log.
 *
 * @param body what the event says of the item; null: nothing that its text could be read from.
 */
export function packFacets(item: Item, body: Omit<WireItem, 'page'> | null): string {
  return JSON.stringify(body === null || body.htmlOmitted === true ? facetsOf(item) : facetsWithoutText(item));
}

/** The inverse: the text of an event is put together only when a filter asks for it. */
export function unpackFacets(json: string, body: string): Facets {
  const stored = fromJson<StoredFacets>(json);
  const { text } = stored;
  if (text !== undefined) return { ...stored, text };
  let read: string | null = null;
  return {
    ...stored,
    get text() {
      read ??= textOf(fromJson<WireItem>(body));
      return read;
    },
  };
}

function textOf({ title, author, summary, html = '' }: WireItem): string {
  return searchText({ title, author, summary, contentHtml: html });
}
