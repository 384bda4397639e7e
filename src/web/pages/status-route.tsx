import type { Context } from 'hono';
import { sourceStateOf } from '../api/public-source.ts';
import { NewsFeed } from '../views/items/news-feed.tsx';
import { StatusContent } from '../views/status-page.tsx';
import { createPageContext, type PageServices, readNewsFeed, renderDocument, sendPage } from './send-page.tsx';

/** `/status` */
export async function statusPage(c: Context, services: PageServices): Promise<Response> {
  const [hours, sources, newsFeed] = await Promise.all([
    services.reads.activity(),
    services.reads.sources(),
    readNewsFeed(services),
  ]);
  const declared = sources.filter(({ removed }) => !removed);
  const failing = declared.filter((source) => ['failing', 'gone'].includes(sourceStateOf(source)));
  const context = createPageContext(services, { at: 'elsewhere' });
  const head = {
    title: 'Status',
    description: 'The state of the sources and of the server.',
    canonical: `${services.publicUrl}/status`,
    feedPath: null,
  };
  const content = (
    <>
      <main id="main" tabindex={-1}>
        <StatusContent
          status={{
            hours,
            sessions: services.sessionHistory?.() ?? [],
            problems: services.configProblems?.() ?? [],
            warnings: services.configWarnings?.() ?? [],
            storage: services.storage?.() ?? null,
            sources: { all: declared.length, failing: failing.map(({ id, title }) => ({ id, title })) },
            items: declared.reduce((sum, { items }) => sum + items, 0),
          }}
          context={context}
        />
      </main>
      <NewsFeed data={newsFeed} context={context} />
    </>
  );
  return sendPage(c, services, renderDocument(context, head, content), false);
}
