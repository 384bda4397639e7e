import type { Context } from 'hono';
import { stateOf } from '../api/public-source.ts';
import { NewsFeed } from '../views/news-feed.tsx';
import { StatusMatter } from '../views/status-page.tsx';
import { documentOf, frameOf, newsFeedOf, type PageParts, sendPage } from './send-page.tsx';

/** `/status` */
export async function statusPage(c: Context, parts: PageParts): Promise<Response> {
  const [hours, sources, start] = await Promise.all([parts.reads.activity(), parts.reads.sources(), newsFeedOf(parts)]);
  const declared = sources.filter(({ removed }) => !removed);
  const troubled = declared.filter((source) => ['failing', 'gone'].includes(stateOf(source)));
  const frame = frameOf(parts, { at: 'elsewhere' });
  const head = {
    title: 'Status',
    description: 'How the reading of the sources goes.',
    canonical: `${parts.publicUrl()}/status`,
    feedPath: null,
  };
  const matter = (
    <>
      <main id="main" tabindex={-1}>
        <StatusMatter
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
  return sendPage(c, parts, documentOf(frame, head, matter), false);
}
