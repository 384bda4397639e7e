import type { Context } from 'hono';
import { readId } from '../api/routes.ts';
import { notFound, withdrawn } from '../errors.ts';
import { excerpt } from '../views/excerpt.ts';
import { ItemMatter } from '../views/item-page.tsx';
import { NewsFeed } from '../views/news-feed.tsx';
import { documentOf, frameOf, newsFeedOf, type PageParts, sendPage } from './page.tsx';

const descriptionChars = 200;

/** `/items/:id` */
export async function itemPage(c: Context, parts: PageParts): Promise<Response> {
  const [item, start] = await Promise.all([parts.reads.item(readId(c.req.param('id') ?? '')), newsFeedOf(parts)]);
  if (item === null) throw notFound('There is no such item.');
  if (item.withdrawnMs !== null) throw withdrawn();
  const frame = frameOf(parts, { at: 'within-section', section: item.section });
  const head = {
    title: item.title,
    description: item.summary === '' ? null : excerpt(item.summary, descriptionChars),
    canonical: `${parts.publicUrl()}/items/${item.id}`,
    feedPath: '',
  };
  const matter = (
    <>
      <main id="main" tabindex={-1}>
        <ItemMatter item={item} frame={frame} />
      </main>
      <NewsFeed start={start} frame={frame} />
    </>
  );
  return sendPage(c, parts, documentOf(frame, head, matter));
}
