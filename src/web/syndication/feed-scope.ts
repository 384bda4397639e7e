import type { Context } from 'hono';
import { slug } from '../../domain/polling/source.ts';
import type { AppParts } from '../shared/app-context.ts';
import { findSection, findSource } from '../shared/find.ts';
import { type QueryChoice, readChoice } from '../shared/query-params.ts';

/** What part of the stream a feed's path names. */
export interface Scope {
  /** '' or `/sections/world`, as it stands in URLs. */
  readonly path: string;
  readonly title: string;
  readonly choice: QueryChoice;
  /** What the reader chose within the path: what stands in the query. */
  readonly own: QueryChoice;
}

/** All of it. */
export function wholeScope(c: Context, parts: AppParts): Scope {
  const choice = readChoice(new URL(c.req.url).searchParams);
  return { path: '', title: parts.site().title, choice, own: choice };
}

/** One section. */
export async function sectionScope(c: Context, parts: AppParts): Promise<Scope> {
  const choice = readChoice(new URL(c.req.url).searchParams);
  const section = await findSection(parts, c.req.param('section') ?? '');
  return {
    path: `/sections/${encodeURIComponent(slug(section))}`,
    title: `${parts.site().title}: ${section}`,
    choice: { ...choice, filter: { ...choice.filter, sections: [slug(section)] } },
    own: { ...choice, filter: { ...choice.filter, sections: [] } },
  };
}

/** One source, as owner or not. */
export async function sourceScope(c: Context, parts: AppParts): Promise<Scope> {
  const choice = readChoice(new URL(c.req.url).searchParams);
  const source = await findSource(parts, c.req.param('id') ?? '');
  return {
    path: `/sources/${encodeURIComponent(source.id)}`,
    title: source.title,
    choice: { ...choice, filter: { ...choice.filter, sources: [source.id] } },
    own: { ...choice, filter: { ...choice.filter, sources: [] } },
  };
}
