import type { Context } from 'hono';
import { AboutContent } from '../views/about-page.tsx';
import { NewsFeed } from '../views/items/news-feed.tsx';
import { createPageContext, type PageServices, readNewsFeed, renderDocument, sendPage } from './send-page.tsx';

/** `/about` */
export async function aboutPage(c: Context, parts: PageServices): Promise<Response> {
  const start = await readNewsFeed(parts);
  const frame = createPageContext(parts, { at: 'elsewhere' });
  const publicUrl = parts.publicUrl();
  const head = {
    title: 'How to subscribe',
    description: 'The news as feeds, by WebSub, WebSocket and server-sent events.',
    canonical: `${publicUrl}/about`,
    feedPath: '',
  };
  const matter = (
    <>
      <main id="main" tabindex={-1}>
        <AboutContent publicUrl={publicUrl} frame={frame} />
      </main>
      <NewsFeed start={start} frame={frame} />
    </>
  );
  return sendPage(c, parts, renderDocument(frame, head, matter));
}
