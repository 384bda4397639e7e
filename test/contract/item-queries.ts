import { everything, type Filter } from '../../src/domain/events/filter.ts';
import type { ItemDraft } from '../../src/domain/items/item.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { type ItemsQuery, readItems } from '../../src/store/queries/read-items.ts';
import { draft, minute, noon, StoreFixture, source } from '../support/store-fixture.ts';

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
  return draft(name, { publishedMs: noon - minutesAgo * minute, ...over });
}

/** A fixture with declared sources. */
export async function createFixture(store: Store, ...sources: Parameters<typeof source>[]): Promise<StoreFixture> {
  const fixture = new StoreFixture(store);
  await fixture.declare(sources.map((declared) => source(...declared)));
  return fixture;
}
