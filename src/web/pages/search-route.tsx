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
export async function searchPage(c: Context, parts: PageServices): Promise<Response> {
  const params = new URL(c.req.url).searchParams;
  const q = params.get('q')?.trim() ?? '';
  const choice = parseChoice(params);
  if ('wrong' in choice) return sendSearch(c, parts, { q, choice: null, found: null, wrong: choice.wrong });
  if (choice.filter.q === null) return sendSearch(c, parts, { q: '', choice: null, found: null, wrong: null });
  const { filter, before, byRelevance } = choice;
  const asked = { ...everything, backfill: true, q: filter.q };
  const query = { filter: asked, limit: pageResults, before, limitPerSource: false, byRelevance };
  const found = await readItemsFor(c, parts, query);
  return sendSearch(c, parts, { q, choice, found, wrong: null });
}

/** What is asked for, or in words what is wrong with it: the page tells, with the box to mend it in. */
function parseChoice(params: URLSearchParams): ItemsParams | { readonly wrong: string } {
  try {
    return parseSearchParams(params);
  } catch (error) {
    if (error instanceof RequestError && error.status === 400) return { wrong: error.problem.message };
    throw error;
  }
}

/** A search and what came of it. */
interface SearchOutcome {
  /** As it was typed. */
  readonly q: string;
  /** Null: nothing was asked for that could be answered. */
  readonly choice: ItemsParams | null;
  readonly found: Snapshot | null;
  readonly wrong: string | null;
}

function sendSearch(c: Context, parts: PageServices, searched: SearchOutcome): Promise<Response> {
  const { q, found, wrong } = searched;
  const frame = createPageContext(parts, { at: 'elsewhere' });
  const head = {
    title: q === '' ? 'Search' : `Search: ${q}`,
    description: null,
    canonical: null,
    feedPath: found === null ? null : '',
    q: q === '' ? null : q,
  };
  const matter = (
    <>
      <main id="main" tabindex={-1}>
        <SearchContent searched={searched} frame={frame} />
      </main>
      <div class="side">
        {found === null ? (
          <SearchHelp frame={frame} />
        ) : (
          <FollowSearch q={q} liveUrl={liveUrl(parts, q)} frame={frame} />
        )}
        {found !== null && <SearchHelp frame={frame} />}
      </div>
    </>
  );
  if (wrong !== null) c.status(400);
  return sendPage(c, parts, renderDocument(frame, head, matter), wrong === null);
}

function SearchContent({ searched, frame }: { searched: SearchOutcome; frame: PageContext }) {
  const { q, choice, found, wrong } = searched;
  if (choice === null || found === null) {
    return (
      <>
        <h1 class="page-title">Search</h1>
        {wrong === null ? (
          <p class="standfirst">Type what you are looking for into the box above.</p>
        ) : (
          <InvalidQuery why={wrong} />
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
      {isFirst && !choice.byRelevance && <NewItemsNotice search={{ q, cursor, base: frame.links.base }} />}
      {items.length === 0 ? (
        <NoResults q={q} isFirst={isFirst} frame={frame} />
      ) : (
        <SearchResults
          items={items}
          next={next}
          search={{ q, query: parseSearchQuery(q), byRelevance: choice.byRelevance }}
          frame={frame}
        />
      )}
    </>
  );
}

function liveUrl(parts: PageServices, q: string): string {
  return `${parts.publicUrl().replace(/^http/, 'ws')}/live?${new URLSearchParams({ q })}`;
}
