import type { Item } from '../../../domain/items/item.ts';
import type { PageContext } from '../layout/page-context.ts';
import { excerpt } from './excerpt.ts';
import { Kicker, Meta, Picture, pictureUrlOf } from './item-parts.tsx';

const summaryChars = 280;
const leadSummaryChars = 420;

/** The first item of a page, with a large picture. */
export function Lead({ item, currentSection, context }: ItemProps) {
  const picture = pictureUrlOf(item, context);
  return (
    <article class="lead" lang={item.language ?? undefined}>
      {picture !== null && (
        <div class="picture">
          <Picture url={picture} eager />
        </div>
      )}
      <ItemText item={item} currentSection={currentSection} context={context} summaryChars={leadSummaryChars} />
    </article>
  );
}

/** Items with pictures in a row below the lead. */
export function FeaturedRow({ items, currentSection, context }: ListProps) {
  if (items.length === 0) return null;
  return (
    <ul class="featured-row">
      {items.map((item) => (
        <li>
          <article class="featured" lang={item.language ?? undefined}>
            <div class="picture">
              <Picture url={pictureUrlOf(item, context) ?? ''} />
            </div>
            <ItemText item={item} currentSection={currentSection} context={context} summaryChars={0} />
          </article>
        </li>
      ))}
    </ul>
  );
}

/** Which new items belong on the page. */
interface NewItemsNoticeProps {
  /** The search of the page, with the log cursor of its results; null: the News feed of the page reports new items. */
  readonly search: { readonly q: string; readonly cursor: string; readonly basePath: string } | null;
  /** Slug of the section, or id of the source, of the page; undefined: all belong. */
  readonly section?: string | undefined;
  readonly source?: string | undefined;
}

/**
 * The place above a list where the page script shows a button with the number of new items. The list itself does not
 * change while it is read.
 */
export function NewItemsNotice({ search, section, source }: NewItemsNoticeProps) {
  return (
    <p
      class="new-items-notice"
      role="status"
      data-section={section}
      data-source={source}
      data-q={search?.q}
      data-cursor={search?.cursor}
      data-base-path={search?.basePath}
    >
      <button type="button" hidden />
    </p>
  );
}

interface ListProps {
  readonly items: readonly Item[];
  /** The section of the page, which items need not repeat; null: items of all sections are listed. */
  readonly currentSection: string | null;
  readonly context: PageContext;
}

type ItemProps = Omit<ListProps, 'items'> & { readonly item: Item };

/** Section, headline, date, source and the start of the summary. @param props.summaryChars 0: no summary. */
function ItemText({ item, currentSection, context, summaryChars }: ItemProps & { readonly summaryChars: number }) {
  return (
    <>
      {item.section !== currentSection && <Kicker item={item} context={context} />}
      <h2 class="headline" dir="auto">
        <a href={context.links.item(item.id)}>{item.title}</a>
      </h2>
      <Meta item={item} context={context} />
      {summaryChars > 0 && item.summary !== '' && (
        <p class="summary" dir="auto">
          {excerpt(item.summary, summaryChars)}
        </p>
      )}
    </>
  );
}

/** A vertical list of items in the given order. */
export function ItemList({ items, currentSection, context }: ListProps) {
  if (items.length === 0) return null;
  return (
    <ul class="items">
      {items.map((item) => (
        <li>
          <ListedItem item={item} currentSection={currentSection} context={context} />
        </li>
      ))}
    </ul>
  );
}

/** The text of an empty list. */
export function NoItems() {
  return <p class="empty">There are no items yet.</p>;
}

function ListedItem({ item, currentSection, context }: ItemProps) {
  const picture = pictureUrlOf(item, context);
  return (
    <article class="item" lang={item.language ?? undefined}>
      <ItemText item={item} currentSection={currentSection} context={context} summaryChars={summaryChars} />
      {picture !== null && (
        <div class="picture">
          <Picture url={picture} />
        </div>
      )}
    </article>
  );
}

/** The link to the next page of a list. */
export function Pager({ path, next }: { path: string; next: string | null }) {
  if (next === null) return null;
  return <MorePages href={`${path}?before=${encodeURIComponent(next)}`} label="Older news" />;
}

/** A link to the next page. */
export function MorePages({ href, label }: { href: string; label: string }) {
  return (
    <nav class="pager" aria-label={label}>
      <a rel="next" href={href}>
        {label}
      </a>
    </nav>
  );
}
