import type { Item } from '../../domain/items/item.ts';
import { slug } from '../../domain/slug.ts';
import type { AppContext } from './app-context.ts';
import type { SourceHealth } from './read-port.ts';
import { goneItem, notFound } from './request-error.ts';

/**
 * The name of the section that an address means, by slug or name, whatever its case.
 *
 * @throws RequestError 404 when neither the declarations nor any stored item knows it.
 */
export async function findSection(parts: Pick<AppContext, 'sections' | 'reads'>, text: string): Promise<string> {
  const wanted = slug(text);
  const declared = parts.sections().find((name) => slug(name) === wanted);
  if (declared !== undefined) return declared;
  const stored = (await parts.reads.sections()).find(({ name }) => slug(name) === wanted);
  if (stored === undefined) throw notFound('There is no such section.');
  return stored.name;
}

/** @throws RequestError 404 when there is no such source. */
export async function findSource(parts: Pick<AppContext, 'reads'>, id: string): Promise<SourceHealth> {
  const source = (await parts.reads.sources()).find((one) => one.id === id);
  if (source === undefined) throw notFound('There is no such source.');
  return source;
}

/** @throws RequestError 404 when the text is no item's number. */
export function parseItemId(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw notFound('There is no such item.');
  return Number(text);
}

/**
 * The item that an address names.
 *
 * @throws RequestError 404 when there never was one, 410 when it was withdrawn.
 */
export async function findItem(parts: Pick<AppContext, 'reads'>, id: string): Promise<Item> {
  const item = await parts.reads.item(parseItemId(id));
  if (item === null) throw notFound('There is no such item.');
  if (item.withdrawnMs !== null) throw goneItem();
  return item;
}
