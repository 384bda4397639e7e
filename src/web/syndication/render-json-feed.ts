import { type Extension, Feed } from 'feed';
import { commonLanguage, type OutputEntry, type OutputFeed } from './output-feed.ts';

/** JSON Feed 1.1. */
export function renderJsonFeed(output: OutputFeed): string {
  const feed = new Feed({
    title: output.title,
    description: output.description,
    link: output.homeUrl,
    updated: new Date(output.updatedMs),
    feedLinks: { json: output.selfUrl },
  });
  for (const entry of [...output.entries, ...output.withdrawalNotices]) {
    feed.addItem({
      title: entry.title,
      id: entry.id,
      link: entry.url,
      date: new Date(entry.updatedMs),
      published: new Date(entry.publishedMs),
      ...(entry.summary === '' ? {} : { description: entry.summary }),
      content: entry.html,
      category: entry.categories.map((name) => ({ name })),
      extensions: itemExtensions(entry),
    });
  }
  return patch(feed.json1(), output);
}

/** The `feed` package writes version 1 of the format, without a next page, hubs and a language. */
function patch(json: string, { nextUrl, hubUrl, entries }: OutputFeed): string {
  const { version: _old, title, home_page_url, feed_url, description, items } = JSON.parse(json) as FeedDocument;
  const language = commonLanguage(entries);
  const head = {
    version: 'https://jsonfeed.org/version/1.1',
    title,
    home_page_url,
    feed_url,
    ...(nextUrl === null ? {} : { next_url: nextUrl }),
    ...(language === null ? {} : { language }),
    description,
    ...(hubUrl === null ? {} : { hubs: [{ type: 'WebSub', url: hubUrl }] }),
  };
  return JSON.stringify({ ...head, items });
}

interface FeedDocument {
  readonly version: string;
  readonly title: string;
  readonly home_page_url: string;
  readonly feed_url: string;
  readonly description: string;
  readonly items: readonly object[];
}

function itemExtensions(entry: OutputEntry): Extension[] {
  const attachments = entry.enclosures.map(({ url, type, length }) => ({
    url,
    mime_type: type ?? 'application/octet-stream',
    ...(length === null ? {} : { size_in_bytes: length }),
  }));
  const { source, alsoIn } = entry;
  return [
    ...(entry.imageUrl === null ? [] : [field('image', entry.imageUrl)]),
    ...(entry.author === null ? [] : [field('authors', [{ name: entry.author }])]),
    ...(entry.language === null ? [] : [field('language', entry.language)]),
    ...(attachments.length === 0 ? [] : [field('attachments', attachments)]),
    field('_newswire', {
      source: { title: source.title, feed_url: source.feedUrl, url: source.siteUrl },
      also_in: alsoIn,
    }),
  ];
}

/** The package uses `objects` as the value of the member. Its types allow a record only. */
function field(name: string, value: unknown): Extension {
  return { name, objects: value as Record<string, unknown> };
}
