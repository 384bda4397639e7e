import type { Item } from '../../../domain/items/item.ts';
import type { PageContext } from '../layout/page-context.ts';
import { datelineMs, Time } from './item-parts.tsx';
import { MostRead, type MostReadLists } from './most-read-view.tsx';

/** What the sidebar of a page shows when it is sent. */
export interface NewsFeedData {
  /** Newest first. */
  readonly items: readonly Item[];
  /** Log cursor at which the items were read: the page script continues from it. */
  readonly cursor: string;
  readonly mostRead: MostReadLists;
}

/** The sidebar of a page: the newest items of all sections, and the most read ones. */
export function NewsFeed({ data, context }: { data: NewsFeedData; context: PageContext }) {
  return (
    <div class="sidebar">
      <NewsFeedList data={data} context={context} />
      <MostRead lists={data.mostRead} context={context} />
    </div>
  );
}

/** The page script adds items while the page is open: it copies the `template` and fills the copy. */
function NewsFeedList({ data, context }: { data: NewsFeedData; context: PageContext }) {
  return (
    <aside
      class="news-feed"
      id="news-feed"
      aria-labelledby="news-feed-title"
      data-cursor={data.cursor}
      data-base-path={context.links.base}
      data-dateline={context.datelinePattern}
      data-timezone={context.timezone}
    >
      <header>
        <h2 id="news-feed-title">News feed</h2>
        <p class="live-state" role="status" hidden />
      </header>
      <div class="news-feed-frame">
        <button class="new-lines" type="button" hidden />
        <ol class="news-feed-list">
          {data.items.map((item) => (
            <NewsFeedEntry item={item} context={context} />
          ))}
        </ol>
        <template class="news-feed-entry">
          <NewsFeedEntry item={null} context={context} />
        </template>
      </div>
    </aside>
  );
}

/** @param item null: the template of an entry. */
function NewsFeedEntry({ item, context }: { item: Item | null; context: PageContext }) {
  return (
    <li
      class={item === null ? 'is-new' : undefined}
      data-id={item?.id}
      data-sort-ms={item?.sortMs}
      lang={item?.language ?? undefined}
    >
      {item === null ? <time /> : <Time ms={datelineMs(item)} context={context} />}{' '}
      <span class="source">
        <bdi>{item?.source.title}</bdi>
      </span>{' '}
      <a href={item === null ? undefined : context.links.item(item.id)} dir="auto">
        {item?.title}
      </a>
    </li>
  );
}
