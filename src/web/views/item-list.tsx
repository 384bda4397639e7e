import type { Item } from '../../domain/item.ts';
import { excerpt } from './excerpt.ts';
import type { Frame } from './frame.ts';
import { Kicker, Meta, Picture, pictureOf } from './item-parts.tsx';

const summaryChars = 280;
const leadSummaryChars = 420;

/** The item that opens the front page. */
export function Lead({ item, frame }: { item: Item; frame: Frame }) {
  const picture = pictureOf(item);
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

/** Items below one another, newest first. */
export function ItemList({ items, frame }: { items: readonly Item[]; frame: Frame }) {
  if (items.length === 0) return null;
  return (
    <ul class="items">
      {items.map((item) => (
        <li>
          <ListedItem item={item} frame={frame} />
        </li>
      ))}
    </ul>
  );
}

/** What stands where no item does. */
export function NoNews() {
  return <p class="empty">There is no news here yet.</p>;
}

function ListedItem({ item, frame }: { item: Item; frame: Frame }) {
  const picture = pictureOf(item);
  return (
    <article class="item" lang={item.language ?? undefined}>
      <Kicker item={item} frame={frame} />
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
