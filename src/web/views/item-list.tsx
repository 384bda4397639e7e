import type { Item } from '../../domain/item.ts';
import { excerpt } from './excerpt.ts';
import type { Frame } from './frame.ts';
import { Kicker, Meta, Picture, pictureOf } from './item-parts.tsx';

const summaryChars = 280;
const leadSummaryChars = 420;

/** The item that opens the front page. */
export function Lead({ item, frame }: { item: Item; frame: Frame }) {
  const picture = pictureOf(item, frame);
  return (
    <article class="lead" lang={item.language ?? undefined}>
      {picture !== null && (
        <div class="picture">
          <Picture url={picture} eager />
        </div>
      )}
      <Kicker item={item} frame={frame} />
      <h2 class="headline" dir="auto">
        <a href={frame.links.item(item.id)}>{item.title}</a>
      </h2>
      <Meta item={item} frame={frame} />
      {item.summary !== '' && (
        <p class="summary" dir="auto">
          {excerpt(item.summary, leadSummaryChars)}
        </p>
      )}
    </article>
  );
}

/** What a list of items is made from. */
interface ListProps {
  readonly items: readonly Item[];
  /** The section that the page is about: it need not be said of each item again. */
  readonly within: string | null;
  readonly frame: Frame;
}

/** Items below one another, newest first. */
export function ItemList({ items, within, frame }: ListProps) {
  if (items.length === 0) return null;
  return (
    <ul class="items">
      {items.map((item) => (
        <li>
          <ListedItem item={item} within={within} frame={frame} />
        </li>
      ))}
    </ul>
  );
}

/** What stands where no item does. */
export function NoNews() {
  return <p class="empty">There is no news here yet.</p>;
}

function ListedItem({ item, within, frame }: Omit<ListProps, 'items'> & { item: Item }) {
  const picture = pictureOf(item, frame);
  return (
    <article class="item" lang={item.language ?? undefined}>
      {item.section !== within && <Kicker item={item} frame={frame} />}
      <h2 class="headline" dir="auto">
        <a href={frame.links.item(item.id)}>{item.title}</a>
      </h2>
      <Meta item={item} frame={frame} />
      {item.summary !== '' && (
        <p class="summary" dir="auto">
          {excerpt(item.summary, summaryChars)}
        </p>
      )}
      {picture !== null && (
        <div class="picture">
          <Picture url={picture} />
        </div>
      )}
    </article>
  );
}

/** The way to older items. */
export function Pager({ path, next }: { path: string; next: string | null }) {
  if (next === null) return null;
  return (
    <nav class="pager" aria-label="Older news">
      <a rel="next" href={`${path}?before=${encodeURIComponent(next)}`}>
        Older news
      </a>
    </nav>
  );
}
