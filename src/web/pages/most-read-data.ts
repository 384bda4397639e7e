import type { MostRead } from '../../domain/items/item-counts.ts';
import type { AppContext } from '../shared/app-context.ts';
import { RequestError } from '../shared/request-error.ts';
import type { MostReadLists } from '../views/items/most-read-view.tsx';

/** What `MostRead` shows; empty lists where nobody counts, and where too many queries wait: the page goes without. */
export async function readMostRead({ readers }: Pick<AppContext, 'readers'>): Promise<MostReadLists> {
  if (readers === null) return { day: [], week: [] };
  const listOf = (hours: number): Promise<readonly MostRead[]> => readers.mostRead(hours).catch(emptyWhenOverloaded);
  const [day, week] = await Promise.all([listOf(24), listOf(168)]);
  return { day, week };
}

function emptyWhenOverloaded(error: unknown): readonly MostRead[] {
  if (error instanceof RequestError && error.status === 503) return [];
  throw error;
}
