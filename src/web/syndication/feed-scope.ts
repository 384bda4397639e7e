import type { Context } from 'hono';
import { slug } from '../../domain/slug.ts';
import type { AppContext } from '../shared/app-context.ts';
import { findSection, findSource } from '../shared/find-resource.ts';
import { type ItemsParams, parseItemsParams } from '../shared/query-params.ts';

/** What part of the stream a feed's path names. */
export interface FeedScope {
  /** '' or `/sections/world`, as it stands in URLs. */
  readonly path: string;
  readonly title: string;
  readonly choice: ItemsParams;
  /** What the reader chose within the path: what stands in the query. */
  readonly query: ItemsParams;
}

/** All of it. */
export function wholeScope(c: Context, parts: AppContext): FeedScope {
  const choice = parseItemsParams(new URL(c.req.url).searchParams);
  return { path: '', title: parts.site().title, choice, query: choice };
}

/** One section. */
export async function sectionScope(c: Context, parts: AppContext): Promise<FeedScope> {
  const choice = parseItemsParams(new URL(c.req.url).searchParams);
  const section = await findSection(parts, c.req.param('section') ?? '');
  return {
    path: `/sections/${encodeURIComponent(slug(section))}`,
    title: `${parts.site().title}: ${section}`,
    choice: { ...choice, filter: { ...choice.filter, sections: [slug(section)] } },
    query: { ...choice, filter: { ...choice.filter, sections: [] } },
  };
}

/** One source, as owner or not. */
export async function sourceScope(c: Context, parts: AppContext): Promise<FeedScope> {
  const choice = parseItemsParams(new URL(c.req.url).searchParams);
  const source = await findSource(parts, c.req.param('id') ?? '');
  return {
    path: `/sources/${encodeURIComponent(source.id)}`,
    title: source.title,
    choice: { ...choice, filter: { ...choice.filter, sources: [source.id] } },
    query: { ...choice, filter: { ...choice.filter, sources: [] } },
  };
}
