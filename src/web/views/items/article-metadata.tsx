import { raw } from 'hono/html';
import type { Item } from '../../../domain/items/item.ts';
import type { PageContext } from '../layout/page-context.ts';
import { datelineMs, pictureUrlOf } from './item-parts.tsx';

/** The values of an item page's metadata. */
interface ArticleMetadata {
  readonly item: Item;
  readonly context: PageContext;
  readonly page: string;
  readonly description: string | null;
}

/** Open Graph and a schema.org `NewsArticle`, for the head of an item's page. */
export function ArticleHead(metadata: ArticleMetadata) {
  const { item, context, page, description } = metadata;
  const picture = pictureUrlOf(item, context);
  return (
    <>
      <meta property="og:type" content="article" />
      <meta property="og:site_name" content={context.siteTitle} />
      <meta property="og:title" content={item.title} />
      <meta property="og:url" content={page} />
      {description !== null && <meta property="og:description" content={description} />}
      {picture !== null && <meta property="og:image" content={picture} />}
      <meta property="article:published_time" content={iso(datelineMs(item))} />
      {item.updatedMs !== null && <meta property="article:modified_time" content={iso(item.updatedMs)} />}
      <meta property="article:section" content={item.section} />
      <script type="application/ld+json">{raw(scriptSafeJson(newsArticle(metadata)))}</script>
    </>
  );
}

/** JSON for a `script` element: no sequence in it ends the element or starts an HTML comment. */
function scriptSafeJson(value: object): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

/** A schema.org `NewsArticle`. The publisher is the source, which owns the text. */
function newsArticle({ item, context, page, description }: ArticleMetadata): object {
  const picture = pictureUrlOf(item, context);
  return {
    '@context': 'https://schema.org',
    '@type': 'NewsArticle',
    headline: item.title,
    datePublished: iso(datelineMs(item)),
    ...(item.updatedMs === null ? {} : { dateModified: iso(item.updatedMs) }),
    articleSection: item.section,
    mainEntityOfPage: page,
    ...(item.url === null ? {} : { isBasedOn: item.url }),
    ...(description === null ? {} : { description }),
    ...(item.language === null ? {} : { inLanguage: item.language }),
    ...(picture === null ? {} : { image: [picture] }),
    ...(item.author === null ? {} : { author: [{ '@type': 'Person', name: item.author }] }),
    publisher: {
      '@type': 'Organization',
      name: item.source.title,
      ...(item.source.siteUrl === null ? {} : { url: item.source.siteUrl }),
    },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
