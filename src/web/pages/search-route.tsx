import type { Context } from 'hono';
import { formatCursor } from '../../domain/events/event.ts';
import { everything } from '../../domain/events/filter.ts';
import { parseSearchQuery } from '../../domain/search/search-query.ts';
import { readItemsFor } from '../shared/query-limit.ts';
import { type ItemsParams, parseSearchParams } from '../shared/query-params.ts';
import type { Snapshot } from '../shared/read-port.ts';
import { RequestError } from '../shared/request-error.ts';
import { NewItemsNotice } from '../views/items/item-list.tsx';
import type { PageContext } from '../views/layout/page-context.ts';
import { FollowSearch, InvalidQuery, NoResults, SearchHelp, SearchResults } from '../views/search-page.tsx';
import { createPageContext, type PageServices, renderDocument, sendPage } from './send-page.tsx';

const pageResults = 30;

/** `/search?q=&sort=&before=` */
export async function searchPage(c: Context, services: PageServices): Promise<Response> {
  const params = new URL(c.req.url).searchParams;
  const q = params.get('q')?.trim() ?? '';
  const choice = parseChoice(params);
  if ('problem' in choice) return sendSearch(c, services, { q, choice: null, found: null, problem: choice.problem });
  if (choice.filter.q === null) return sendSearch(c, services, { q: '', choice: null, found: null, problem: null });
  const { filter, before, byRelevance } = choice;
  const asked = { ...everything, backfill: true, q: filter.q };
  const query = { filter: asked, limit: pageResults, before, limitPerSource: false, byRelevance };
  const found = await readItemsFor(c, services, query);
  return sendSearch(c, services, { q, choice, found, problem: null });
}

/** The parsed parameters, or why they are invalid: the page shows the message next to the search box. */
function parseChoice(params: URLSearchParams): ItemsParams | { readonly problem: string } {
  try {
    return parseSearchParams(params);
  } catch (error) {
    if (error instanceof RequestError && error.status === 400) return { problem: error.problem.message };
    throw error;
  }
}

/** A search and its results. */
interface SearchOutcome {
  /** As typed. */
  readonly q: string;
  /** Null: no valid query. */
  readonly choice: ItemsParams | null;
  readonly found: Snapshot | null;
  readonly problem: string | null;
}

function sendSearch(c: Context, services: PageServices, searched: SearchOutcome): Promise<Response> {
  const { q, found, problem } = searched;
  const context = createPageContext(services, { at: 'elsewhere' });
  const head = {
    title: q === '' ? 'Search' : `Search: ${q}`,
    description: null,
    canonical: null,
    feedPath: found === null ? null : '',
    q: q === '' ? null : q,
  };
  const content = (
    <>
      <main id="main" tabindex={-1}>
        <SearchContent searched={searched} context={context} />
      </main>
      <div class="sidebar">
        {found === null ? (
          <SearchHelp context={context} />
        ) : (
          <FollowSearch q={q} liveUrl={liveUrl(services, q)} context={context} />
        )}
        {found !== null && <SearchHelp context={context} />}
      </div>
    </>
  );
  if (problem !== null) c.status(400);
  return sendPage(c, services, renderDocument(context, head, content), problem === null);
}

function SearchContent({ searched, context }: { searched: SearchOutcome; context: PageContext }) {
  const { q, choice, found, problem } = searched;
  if (choice === null || found === null) {
    return (
      <>
        <h1 class="page-title">Search</h1>
        {problem === null ? (
          <p class="intro">Enter your search terms in the search box above.</p>
        ) : (
          <InvalidQuery message={problem} />
        )}
      </>
    );
  }
  const { items, next, head } = found;
  const cursor = formatCursor({ epoch: head.epoch, seq: head.head });
  const isFirst = choice.before === null;
  return (
    <>
      <h1 class="page-title">
        Search: <bdi>{q}</bdi>
      </h1>
      {isFirst && !choice.byRelevance && <NewItemsNotice search={{ q, cursor, basePath: context.links.base }} />}
      {items.length === 0 ? (
        <NoResults q={q} isFirst={isFirst} context={context} />
      ) : (
        <SearchResults
          items={items}
          next={next}
          search={{ q, query: parseSearchQuery(q), byRelevance: choice.byRelevance }}
          context={context}
        />
      )}
    </>
  );
}

function liveUrl(services: PageServices, q: string): string {
  return `${services.publicUrl.replace(/^http/, 'ws')}/live?${new URLSearchParams({ q })}`;
}
