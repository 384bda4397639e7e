import type { Item } from '../../../domain/items/item.ts';
import type { PageContext } from '../layout/page-context.ts';

/** When an item counts as published: the publisher's date, else when we first saw it. */
export function datelineMs(item: Item): number {
  return item.publishedMs ?? item.firstSeenMs;
}

/** An instant in the site's own form. */
export function Time({ ms, frame, class: name }: { ms: number; frame: PageContext; class?: string }) {
  return (
    <time class={name} datetime={new Date(ms).toISOString()}>
      {frame.dateline(ms)}
    </time>
  );
}

/** The section above a headline. */
export function Kicker({ item, frame }: { item: Item; frame: PageContext }) {
  return (
    <p class="kicker">
      <a href={frame.links.section(item.section)}>{item.section}</a>
    </p>
  );
}

/** Dateline and source of an item in a list. */
export function Meta({ item, frame }: { item: Item; frame: PageContext }) {
  const others = item.alsoIn.length;
  return (
    <p class="meta">
      <Time ms={datelineMs(item)} frame={frame} />{' '}
      <a class="source" href={frame.links.source(item.source.id)}>
        <bdi>{item.source.title}</bdi>
      </a>
      {others > 0 && <span class="others"> and {others === 1 ? '1 other' : `${others} others`}</span>}
    </p>
  );
}

/** A publisher's picture. It says nothing that the headline does not, so it has no text of its own. */
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

/** The address of an item's picture, when a page may load it. */
export function pictureUrlOf(item: Item, frame: PageContext): string | null {
  return item.imageUrl !== null && frame.isPictureAllowed(item.imageUrl) ? item.imageUrl : null;
}
