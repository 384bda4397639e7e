import type { Facets } from '../../domain/events/event.ts';
import type { WireItem } from '../../domain/events/wire.ts';
import { facetsOf, facetsWithoutText, searchText } from '../../domain/events/wire-item.ts';
import type { Item } from '../../domain/items/item.ts';
import { fromJson } from '../engine/tables.ts';

/** Facets as they are stored: without the text where the event's body contains it. */
type StoredFacets = Omit<Facets, 'text'> & { readonly text?: string };

/**
 * Serialises the facets of an item for an event. The text is left out if the body contains it: stored twice, it would
 * make up a third of the log.
 *
 * @param body the body of the event; null: it does not contain the text.
 * @returns JSON.
 */
export function packFacets(item: Item, body: Omit<WireItem, 'page'> | null): string {
  return JSON.stringify(body === null || body.htmlOmitted === true ? facetsOf(item) : facetsWithoutText(item));
}

/** Parses what `packFacets` returned. The text is extracted from the body only when a filter reads it. */
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
