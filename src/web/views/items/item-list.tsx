import type { Item } from '../../../domain/items/item.ts';
import type { PageContext } from '../layout/page-context.ts';
import { excerpt } from './excerpt.ts';
import { Kicker, Meta, Picture, pictureUrlOf } from './item-parts.tsx';

const summaryChars = 280;
const leadSummaryChars = 420;

/** The item that opens a page. */
export function Lead({ item, currentSection, frame }: { item: Item } & Omit<ListProps, 'items'>) {
  const picture = pictureUrlOf(item, frame);
  return (
    <article class="lead" lang={item.language ?? undefined}>
      {picture !== null && (
        <div class="picture">
          <Picture url={picture} eager />
        </div>
      )}
      {item.section !== currentSection && <Kicker item={item} frame={frame} />}
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

/** The items below the lead that have pictures, side by side. */
export function FeaturedRow({ items, currentSection, frame }: ListProps) {
  if (items.length === 0) return null;
  return (
    <ul class="seconds">
      {items.map((item) => (
        <li>
          <article class="second" lang={item.language ?? undefined}>
            <div class="picture">
              <Picture url={pictureUrlOf(item, frame) ?? ''} />
            </div>
            {item.section !== currentSection && <Kicker item={item} frame={frame} />}
            <h2 class="headline" dir="auto">
              <a href={frame.links.item(item.id)}>{item.title}</a>
            </h2>
            <Meta item={item} frame={frame} />
          </article>
        </li>
      ))}
    </ul>
  );
}

/** Where the live script tells, above a list, that more came in: nothing that is being read moves. */
export interface NewItemsNoticeProps {
  /** Of one search; null: what came in is counted by the News feed. */
  readonly search: { readonly q: string; readonly cursor: string; readonly base: string } | null;
  /** Only items of this section, or source, belong on the page. */
  readonly section?: string | undefined;
  readonly source?: string | undefined;
}

/** A way to what came in since the page was made. */
export function NewItemsNotice({ search, section, source }: NewItemsNoticeProps) {
  return (
    <p
      class="arrivals"
      role="status"
      data-section={section}
      data-source={source}
      data-q={search?.q}
      data-cursor={search?.cursor}
      data-base={search?.base}
    >
      <button type="button" hidden />
    </p>
  );
}

/** What a list of items is made from. */
interface ListProps {
  readonly items: readonly Item[];
  /** The section that the page is about: it need not be said of each item again. */
  readonly currentSection: string | null;
  readonly frame: PageContext;
}

/** Items below one another, newest first. */
export function ItemList({ items, currentSection, frame }: ListProps) {
  if (items.length === 0) return null;
  return (
    <ul class="items">
      {items.map((item) => (
        <li>
          <ListedItem item={item} currentSection={currentSection} frame={frame} />
        </li>
      ))}
    </ul>
  );
}

/** What stands where no item does. */
export function NoItems() {
  return <p class="empty">There is no news here yet.</p>;
}

function ListedItem({ item, currentSection, frame }: Omit<ListProps, 'items'> & { item: Item }) {
  const picture = pictureUrlOf(item, frame);
  return (
    <article class="item" lang={item.language ?? undefined}>
      {item.section !== currentSection && <Kicker item={item} frame={frame} />}
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
  return <MorePages href={`${path}?before=${encodeURIComponent(next)}`} label="Older news" />;
}

/** The way to the next page. */
export function MorePages({ href, label }: { href: string; label: string }) {
  return (
    <nav class="pager" aria-label={label}>
      <a rel="next" href={href}>
        {label}
      </a>
    </nav>
  );
}
