import type { Item } from '../../../domain/items/item.ts';
import type { PageContext } from '../layout/page-context.ts';

/** The date that pages show: when the item was published, else when it was first seen. Epoch milliseconds. */
export function datelineMs(item: Item): number {
  return item.publishedMs ?? item.firstSeenMs;
}

/** An instant in the date format of the site. */
export function Time({ ms, context, class: name }: { ms: number; context: PageContext; class?: string }) {
  return (
    <time class={name} datetime={new Date(ms).toISOString()}>
      {context.dateline(ms)}
    </time>
  );
}

/** The section above a headline. */
export function Kicker({ item, context }: { item: Item; context: PageContext }) {
  return (
    <p class="kicker">
      <a href={context.links.section(item.section)}>{item.section}</a>
    </p>
  );
}

/** Date and source of an item in a list. */
export function Meta({ item, context }: { item: Item; context: PageContext }) {
  const others = item.alsoIn.length;
  return (
    <p class="meta">
      <Time ms={datelineMs(item)} context={context} />{' '}
      <a class="source" href={context.links.source(item.source.id)}>
        <bdi>{item.source.title}</bdi>
      </a>
      {others > 0 && <span class="others"> and {others === 1 ? '1 other' : `${others} others`}</span>}
    </p>
  );
}

/** A publisher's picture. It only illustrates the headline, so its text alternative is empty. */
export function Picture({ url, eager = false }: { url: string; eager?: boolean }) {
  return (
    <img
      src={url}
      alt=""
      loading={eager ? 'eager' : 'lazy'}
      fetchpriority={eager ? 'high' : undefined}
      decoding="async"
      referrerpolicy="no-referrer"
    />
  );
}

/** The address of an item's picture; null: there is none, or pages may not load it. */
export function pictureUrlOf(item: Item, context: PageContext): string | null {
  return item.imageUrl !== null && context.isPictureAllowed(item.imageUrl) ? item.imageUrl : null;
}
