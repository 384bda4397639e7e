import { raw } from 'hono/html';
import { minuteMs } from '../../../domain/durations.ts';
import type { Enclosure, Item } from '../../../domain/items/item.ts';
import type { PageContext } from '../layout/page-context.ts';
import { externalLink } from '../layout/view-links.ts';
import { datelineMs, Kicker, Picture, pictureUrlOf, Time } from './item-parts.tsx';

/** How often an item was read, and whether comments are open. */
interface ReaderCounts {
  /** Null: reads are not counted. */
  readonly reads: number | null;
  readonly commentable: boolean;
}

/** One item: the text that may be republished, and the link to the original. */
export function ItemContent({ item, context, counts }: { item: Item; context: PageContext; counts: ReaderCounts }) {
  const picture = pictureUrlOf(item, context);
  return (
    <article class="item-page" lang={item.language ?? undefined} data-item={item.id}>
      <Kicker item={item} context={context} />
      <h1 class="headline" dir="auto">
        {item.title}
      </h1>
      <Dates item={item} context={context} />
      {picture !== null && !item.contentHtml.includes('<img') && (
        <div class="picture">
          <Picture url={picture} eager />
        </div>
      )}
      <Text item={item} />
      <Byline item={item} context={context} />
      <Counts counts={counts} />
      <Enclosures enclosures={item.enclosures.filter(({ url }) => url !== picture)} />
      {item.url !== null && (
        <p class="original">
          <a href={item.url} {...externalLink}>
            Read the original at <bdi>{new URL(item.url).hostname}</bdi>
          </a>
        </p>
      )}
      <AlsoIn item={item} context={context} />
      <Categories categories={item.categories} />
    </article>
  );
}

/** The page script updates the number. */
function Counts({ counts: { reads, commentable } }: { counts: ReaderCounts }) {
  if (reads === null && !commentable) return null;
  return (
    <p class="item-counts" lang="en">
      {reads !== null && (
        <span>
          Read: <span class="read-count">{reads}</span>
        </span>
      )}{' '}
      {commentable && <a href="#write-comment">Write comment</a>}
    </p>
  );
}

function Dates({ item, context }: { item: Item; context: PageContext }) {
  const updated = item.updatedMs !== null && item.updatedMs - datelineMs(item) >= minuteMs ? item.updatedMs : null;
  return (
    <p class="meta">
      <Time ms={datelineMs(item)} context={context} />
      {updated !== null && (
        <span class="updated">
          {' '}
          updated <Time ms={updated} context={context} />
        </span>
      )}
    </p>
  );
}

function Byline({ item, context }: { item: Item; context: PageContext }) {
  return (
    <p class="byline">
      {item.author !== null && (
        <span>
          By <bdi>{item.author}</bdi>,{' '}
        </span>
      )}
      <a class="source" href={context.links.source(item.source.id)}>
        <bdi>{item.source.title}</bdi>
      </a>
    </p>
  );
}

/** `contentHtml` was sanitised before it was stored. It is the only value that is not escaped here. */
function Text({ item }: { item: Item }) {
  if (item.contentHtml !== '') {
    return (
      <div class="item-text" dir="auto">
        {raw(item.contentHtml)}
      </div>
    );
  }
  if (item.summary === '') return null;
  return (
    <div class="item-text" dir="auto">
      <p>{item.summary}</p>
    </div>
  );
}

function Enclosures({ enclosures }: { enclosures: readonly Enclosure[] }) {
  if (enclosures.length === 0) return null;
  return (
    <ul class="enclosures">
      {enclosures.map((enclosure) => (
        <li>
          {enclosure.type?.startsWith('audio/') && enclosure.url.startsWith('https://') && (
            // biome-ignore lint/a11y/useMediaCaption: publishers provide no captions
            <audio controls preload="none" src={enclosure.url} />
          )}
          <a href={enclosure.url} {...externalLink}>
            {nameOf(enclosure)}
          </a>
        </li>
      ))}
    </ul>
  );
}

function nameOf({ url, type, length }: Enclosure): string {
  const kind = type === null ? '' : ` (${type}${length === null ? '' : `, ${sizeOf(length)}`})`;
  return `Attachment at ${new URL(url).hostname}${kind}`;
}

function sizeOf(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function AlsoIn({ item, context }: { item: Item; context: PageContext }) {
  if (item.alsoIn.length === 0) return null;
  return (
    <p class="also-in">
      Also in{' '}
      {item.alsoIn.map((label, index) => (
        <>
          {index > 0 && ', '}
          <a href={context.links.source(label.id)}>
            <bdi>{label.title}</bdi>
          </a>
        </>
      ))}
    </p>
  );
}

function Categories({ categories }: { categories: readonly string[] }) {
  if (categories.length === 0) return null;
  return (
    <ul class="categories" aria-label="The publisher's categories">
      {categories.slice(0, 12).map((category) => (
        <li>
          <bdi>{category}</bdi>
        </li>
      ))}
    </ul>
  );
}
