import type { Context } from 'hono';
import { AboutContent } from '../views/about-page.tsx';
import { NewsFeed } from '../views/items/news-feed.tsx';
import { createPageContext, type PageServices, readNewsFeed, renderDocument, sendPage } from './send-page.tsx';

/** `/about` */
export async function aboutPage(c: Context, services: PageServices): Promise<Response> {
  const newsFeed = await readNewsFeed(services);
  const context = createPageContext(services, { at: 'elsewhere' });
  const publicUrl = services.publicUrl;
  const head = {
    title: 'How to subscribe',
    description: 'The news as feeds, by WebSub, WebSocket and server-sent events.',
    canonical: `${publicUrl}/about`,
    feedPath: '',
  };
  const content = (
    <>
      <main id="main" tabindex={-1}>
        <AboutContent publicUrl={publicUrl} context={context} />
      </main>
      <NewsFeed data={newsFeed} context={context} />
    </>
  );
  return sendPage(c, services, renderDocument(context, head, content));
}
