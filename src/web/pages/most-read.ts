import type { AppParts } from '../parts.ts';
import type { MostReadLists } from '../views/most-read.tsx';

/** What `MostRead` shows; empty lists where nobody counts. */
export async function mostReadOf({ readers }: Pick<AppParts, 'readers'>): Promise<MostReadLists> {
  if (readers === null) return { day: [], week: [] };
  const [day, week] = await Promise.all([readers.mostRead(24), readers.mostRead(168)]);
  return { day, week };
}
