import type { Context } from 'hono';
import { formatCursor } from '../../domain/events/event.ts';
import { everything } from '../../domain/events/filter.ts';
import { parseSearchQuery } from '../../domain/search/search-query.ts';
import { readItemsFor } from '../http/query-limit.ts';
import { type QueryChoice, readSearchChoice } from '../shared/query-params.ts';
import type { Snapshot } from '../shared/read-port.ts';
import { RequestError } from '../shared/request-error.ts';
import { Arrivals } from '../views/item-list.tsx';
import type { Frame } from '../views/page-context.ts';
import { FollowSearch, NoMatch, SearchHelp, SearchResults, WrongQuery } from '../views/search-page.tsx';
import { documentOf, frameOf, type PageParts, sendPage } from './send-page.tsx';

const pageResults = 30;

/** `/search?q=&sort=&before=` */
export async function searchPage(c: Context, parts: PageParts): Promise<Response> {
  const params = new URL(c.req.url).searchParams;
  const q = params.get('q')?.trim() ?? '';
  const choice = choiceOf(params);
  if ('wrong' in choice) return sendSearch(c, parts, { q, choice: null, found: null, wrong: choice.wrong });
  if (choice.filter.q === null) return sendSearch(c, parts, { q: '', choice: null, found: null, wrong: null });
  const { filter, before, byRelevance } = choice;
  const asked = { ...everything, backfill: true, q: filter.q };
  const query = { filter: asked, limit: pageResults, before, share: false, byRelevance };
  const found = await readItemsFor(c, parts, query);
  return sendSearch(c, parts, { q, choice, found, wrong: null });
}

/** What is asked for, or in words what is wrong with it: the page tells, with the box to mend it in. */
function choiceOf(params: URLSearchParams): QueryChoice | { readonly wrong: string } {
  try {
    return readSearchChoice(params);
  } catch (error) {
    if (error instanceof RequestError && error.status === 400) return { wrong: error.problem.message };
    throw error;
  }
}

/** A search and what came of it. */
interface Searched {
  /** As it was typed. */
  readonly q: string;
  /** Null: nothing was asked for that could be answered. */
  readonly choice: QueryChoice | null;
  readonly found: Snapshot | null;
  readonly wrong: string | null;
}

function sendSearch(c: Context, parts: PageParts, searched: Searched): Promise<Response> {
  const { q, found, wrong } = searched;
  const frame = frameOf(parts, { at: 'elsewhere' });
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
        <SearchMatter searched={searched} frame={frame} />
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
  return sendPage(c, parts, documentOf(frame, head, matter), wrong === null);
}

function SearchMatter({ searched, frame }: { searched: Searched; frame: Frame }) {
  const { q, choice, found, wrong } = searched;
  if (choice === null || found === null) {
    return (
      <>
        <h1 class="page-title">Search</h1>
        {wrong === null ? (
          <p class="standfirst">Type what you are looking for into the box above.</p>
        ) : (
          <WrongQuery why={wrong} />
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
      {isFirst && !choice.byRelevance && <Arrivals search={{ q, cursor, base: frame.links.base }} />}
      {items.length === 0 ? (
        <NoMatch q={q} isFirst={isFirst} frame={frame} />
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

function liveUrl(parts: PageParts, q: string): string {
  return `${parts.publicUrl().replace(/^http/, 'ws')}/live?${new URLSearchParams({ q })}`;
}
