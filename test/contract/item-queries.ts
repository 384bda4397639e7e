import { everything, type Filter } from '../../src/domain/events/filter.ts';
import type { ItemDraft } from '../../src/domain/items/item.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { type ItemsQuery, readItems } from '../../src/store/queries/read-items.ts';
import { anItemDraft, minute, noon } from '../support/builders.ts';

/** The titles of a page without their common prefix. */
export async function names(
  store: Store,
  filter: Partial<Filter> = {},
  over: Partial<ItemsQuery> = {},
): Promise<string[]> {
  const page = await readItems(store.reader, {
    filter: { ...everything, ...filter },
    limit: 100,
    before: null,
    ...over,
  });
  return page.items.map(({ title }) => title.replace('Title of ', ''));
}

/** An entry that was published some minutes ago. */
export function at(name: string, minutesAgo: number, over: Partial<ItemDraft> = {}): ItemDraft {
  return anItemDraft(name, { publishedMs: noon - minutesAgo * minute, ...over });
}

/** The titles of all items, newest first. */
export async function titlesOf(store: Store): Promise<string[]> {
  const { items } = await readItems(store.reader, { filter: everything, limit: 1000, before: null });
  return items.map(({ title }) => title);
}

/** The drafts `n0`, `n1`, … */
export function manyDrafts(count: number, over: (index: number) => Partial<ItemDraft> = () => ({})): ItemDraft[] {
  return Array.from({ length: count }, (_, index) => anItemDraft(`n${index}`, over(index)));
}
