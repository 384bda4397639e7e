import type { Item } from '../../domain/items/item.ts';
import { slug } from '../../domain/slug.ts';
import type { AppContext } from './app-context.ts';
import type { SourceHealth } from './read-port.ts';
import { goneItem, notFound } from './request-error.ts';

/**
 * The name of the section that a URL names by slug or name, in any case.
 *
 * @throws RequestError 404 when neither the declarations nor a stored item has it.
 */
export async function findSection(parts: Pick<AppContext, 'sections' | 'reads'>, text: string): Promise<string> {
  const wanted = slug(text);
  const declared = parts.sections().find((name) => slug(name) === wanted);
  if (declared !== undefined) return declared;
  const stored = (await parts.reads.sections()).find(({ name }) => slug(name) === wanted);
  if (stored === undefined) throw notFound('There is no section with this name.');
  return stored.name;
}

/** @throws RequestError 404 when no source has the id. */
export async function findSource(parts: Pick<AppContext, 'reads'>, id: string): Promise<SourceHealth> {
  const source = (await parts.reads.sources()).find((candidate) => candidate.id === id);
  if (source === undefined) throw notFound('There is no source with this id. See /sources for all sources.');
  return source;
}

/** @throws RequestError 404 when the text is not the id of an item. */
function parseItemId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw notFound('There is no item with this id.');
  return Number(text);
}

/**
 * The item with this id.
 *
 * @throws RequestError 404 when there is none, 410 when it was withdrawn.
 */
export async function findItem(parts: Pick<AppContext, 'reads'>, id: string): Promise<Item> {
  const item = await parts.reads.item(parseItemId(id));
  if (item === null) throw notFound('There is no item with this id.');
  if (item.withdrawnMs !== null) throw goneItem();
  return item;
}
