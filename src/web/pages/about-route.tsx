import type { Context } from 'hono';
import { AboutMatter } from '../views/about-page.tsx';
import { NewsFeed } from '../views/news-feed.tsx';
import { documentOf, frameOf, newsFeedOf, type PageParts, sendPage } from './send-page.tsx';

/** `/about` */
export async function aboutPage(c: Context, parts: PageParts): Promise<Response> {
  const start = await newsFeedOf(parts);
  const frame = frameOf(parts, { at: 'elsewhere' });
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
        <AboutMatter publicUrl={publicUrl} frame={frame} />
      </main>
      <NewsFeed start={start} frame={frame} />
    </>
  );
  return sendPage(c, parts, documentOf(frame, head, matter));
}
