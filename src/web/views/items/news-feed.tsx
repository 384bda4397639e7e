import type { Item } from '../../../domain/items/item.ts';
import type { PageContext } from '../layout/page-context.ts';
import { datelineMs, Time } from './item-parts.tsx';
import { MostRead, type MostReadLists } from './most-read-view.tsx';

/** What the News feed beside a page starts with. */
export interface NewsFeedData {
  /** Newest first. */
  readonly items: readonly Item[];
  /** Place in the log at which they were read: the live script goes on from it. */
  readonly cursor: string;
  /** What stands below it. */
  readonly mostRead: MostReadLists;
}

/** What stands beside a page: the newest items of all sections, and what was read most. */
export function NewsFeed({ start, frame }: { start: NewsFeedData; frame: PageContext }) {
  return (
    <div class="side">
      <NewsFeedList start={start} frame={frame} />
      <MostRead lists={start.mostRead} frame={frame} />
    </div>
  );
}

/** The live script lets it grow while the page is open. */
function NewsFeedList({ start, frame }: { start: NewsFeedData; frame: PageContext }) {
  return (
    <aside
      class="news-feed"
      id="news-feed"
      aria-labelledby="news-feed-title"
      data-cursor={start.cursor}
      data-base={frame.links.base}
      data-dateline={frame.datelinePattern}
      data-timezone={frame.timezone}
    >
      <header>
        <h2 id="news-feed-title">News feed</h2>
        <p class="sign" role="status" hidden />
      </header>
      <div class="wire-frame">
        <button class="fresh" type="button" hidden />
        <ol class="wire">
          {start.items.map((item) => (
            <NewsFeedEntry item={item} frame={frame} />
          ))}
        </ol>
      </div>
    </aside>
  );
}

function NewsFeedEntry({ item, frame }: { item: Item; frame: PageContext }) {
  return (
    <li data-id={item.id} data-sort={item.sortMs} lang={item.language ?? undefined}>
      <Time ms={datelineMs(item)} frame={frame} />{' '}
      <span class="source">
        <bdi>{item.source.title}</bdi>
      </span>{' '}
      <a href={frame.links.item(item.id)} dir="auto">
        {item.title}
      </a>
    </li>
  );
}
