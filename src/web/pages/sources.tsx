import type { Context } from 'hono';
import { stateOf } from '../api/public-source.ts';
import type { SourceHealth } from '../reads.ts';
import { NewsFeed } from '../views/news-feed.tsx';
import { type SourceRow, SourcesMatter } from '../views/sources-page.tsx';
import { documentOf, frameOf, newsFeedOf, type PageParts, sendPage } from './page.tsx';

/** `/sources` */
export async function sourcesPage(c: Context, parts: PageParts): Promise<Response> {
  const [sources, start] = await Promise.all([parts.reads.sources(), newsFeedOf(parts)]);
  const frame = frameOf(parts, { at: 'elsewhere' });
  const head = {
    title: 'Sources',
    description: 'Where the news comes from.',
    canonical: `${parts.publicUrl()}/sources`,
    feedPath: '',
  };
  const matter = (
    <>
      <main id="main" tabindex={-1}>
        <SourcesMatter rows={sources.filter(({ removed }) => !removed).map(toRow)} frame={frame} />
      </main>
      <NewsFeed start={start} frame={frame} />
    </>
  );
  return sendPage(c, parts, documentOf(frame, head, matter));
}

function toRow(source: SourceHealth): SourceRow {
  const { id, title, section, checkedMs, items, publishedToStoredMs, storedToPushedMs } = source;
  const measured = { publishedToStoredMs, storedToPushedMs };
  return { id, title, section, state: stateOf(source), sinceMs: source.failingSinceMs, checkedMs, items, ...measured };
}
