import type { Context } from 'hono';
import { sourceStateOf } from '../api/public-source.ts';
import { NewsFeed } from '../views/items/news-feed.tsx';
import { StatusContent } from '../views/status-page.tsx';
import { createPageContext, type PageServices, readNewsFeed, renderDocument, sendPage } from './send-page.tsx';

/** `/status` */
export async function statusPage(c: Context, parts: PageServices): Promise<Response> {
  const [hours, sources, start] = await Promise.all([
    parts.reads.activity(),
    parts.reads.sources(),
    readNewsFeed(parts),
  ]);
  const declared = sources.filter(({ removed }) => !removed);
  const troubled = declared.filter((source) => ['failing', 'gone'].includes(sourceStateOf(source)));
  const frame = createPageContext(parts, { at: 'elsewhere' });
  const head = {
    title: 'Status',
    description: 'How the reading of the sources goes.',
    canonical: `${parts.publicUrl()}/status`,
    feedPath: null,
  };
  const matter = (
    <>
      <main id="main" tabindex={-1}>
        <StatusContent
          status={{
            hours,
            sessions: parts.sessionHistory?.() ?? [],
            problems: parts.configProblems?.() ?? [],
            storage: parts.storage?.() ?? null,
            sources: { all: declared.length, troubled: troubled.map(({ id, title }) => ({ id, title })) },
            items: declared.reduce((sum, { items }) => sum + items, 0),
          }}
          frame={frame}
        />
      </main>
      <NewsFeed start={start} frame={frame} />
    </>
  );
  return sendPage(c, parts, renderDocument(frame, head, matter), false);
}
