import type { MostRead } from '../../domain/items/item-counts.ts';
import type { AppParts } from '../shared/app-context.ts';
import { RequestError } from '../shared/request-error.ts';
import type { MostReadLists } from '../views/most-read-view.tsx';

/** What `MostRead` shows; empty lists where nobody counts, and where too many queries wait: the page goes without. */
export async function mostReadOf({ readers }: Pick<AppParts, 'readers'>): Promise<MostReadLists> {
  if (readers === null) return { day: [], week: [] };
  const listOf = (hours: number): Promise<readonly MostRead[]> => readers.mostRead(hours).catch(noneWhenRefused);
  const [day, week] = await Promise.all([listOf(24), listOf(168)]);
  return { day, week };
}

function noneWhenRefused(error: unknown): readonly MostRead[] {
  if (error instanceof RequestError && error.status === 503) return [];
  throw error;
}
