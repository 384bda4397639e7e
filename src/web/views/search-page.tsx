import type { Item } from '../../domain/items/item.ts';
import { outputFormats } from '../../domain/output-formats.ts';
import { type Excerpt, excerptAround, highlightMatches } from '../../domain/search/search-highlights.ts';
import type { SearchQuery } from '../../domain/search/search-query.ts';
import { MorePages } from './items/item-list.tsx';
import { Kicker, Meta } from './items/item-parts.tsx';
import { Copyable } from './layout/copyable.tsx';
import type { PageContext } from './layout/page-context.ts';

const excerptChars = 280;
/** Characters of a text that are scanned for matches. */
const searchedChars = 16_384;

/** A search: the query as typed, and parsed. */
export interface Search {
  readonly q: string;
  readonly query: SearchQuery;
  readonly byRelevance: boolean;
}

/** The results of a search, with matches highlighted. */
export function SearchResults(props: {
  items: readonly Item[];
  next: string | null;
  search: Search;
  context: PageContext;
}) {
  const { items, next, search, context } = props;
  const { q, byRelevance, query } = search;
  const more = byRelevance ? ({ sort: 'relevance' } as const) : {};
  return (
    <>
      <p class="sort-order">
        <a href={context.links.searchFor(q)} aria-current={byRelevance ? undefined : 'true'}>
          Newest first
        </a>{' '}
        <a href={context.links.searchFor(q, { sort: 'relevance' })} aria-current={byRelevance ? 'true' : undefined}>
          Best match first
        </a>
      </p>
      <ul class="items results">
        {items.map((item) => (
          <li>
            <Result item={item} query={query} context={context} />
          </li>
        ))}
      </ul>
      {next !== null && <MorePages href={context.links.searchFor(q, { ...more, before: next })} label="More results" />}
    </>
  );
}

function Result({ item, query, context }: { item: Item; query: SearchQuery; context: PageContext }) {
  const { text } = bestExcerpt(item, query);
  return (
    <article class="item" lang={item.language ?? undefined}>
      <Kicker item={item} context={context} />
      <h2 class="headline" dir="auto">
        <a href={context.links.item(item.id)}>
          <Highlighted text={item.title} query={query} />
        </a>
      </h2>
      <Meta item={item} context={context} />
      {text !== '' && (
        <p class="summary" dir="auto">
          <Highlighted text={text} query={query} />
        </p>
      )}
    </article>
  );
}

/** The part of the summary or of the text that contains a match. */
function bestExcerpt({ summary, contentHtml }: Item, query: SearchQuery): Excerpt {
  const inSummary = excerptAround(summary, query, excerptChars);
  if (inSummary.hasMatch || contentHtml === '') return inSummary;
  const inText = excerptAround(plainText(contentHtml), query, excerptChars);
  return inText.hasMatch || summary === '' ? inText : inSummary;
}

/** The text of sanitised HTML. The sanitiser writes these four character references only. */
function plainText(html: string): string {
  const text = html.slice(0, searchedChars).replace(/<[^>]*>?/g, ' ');
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

function Highlighted({ text, query }: { text: string; query: SearchQuery }) {
  return <>{highlightMatches(text, query).map((part) => (part.isMatch ? <mark>{part.text}</mark> : part.text))}</>;
}

/** The text of an empty list of results. */
export function NoResults({ q, isFirst, context }: { q: string; isFirst: boolean; context: PageContext }) {
  if (!isFirst) {
    return (
      <p class="empty">
        There are no more results. <a href={context.links.searchFor(q)}>Back to the first page</a>.
      </p>
    );
  }
  return (
    <div class="empty">
      <p>No item matches this search. You can:</p>
      <ul>
        <li>remove a word, or try another form of it: only whole words match</li>
        <li>remove quotation marks, so that the words need not be adjacent</li>
        <li>check whether a section, source or date filter excludes too much</li>
        <li>keep this page open: it reports new matches as they arrive</li>
      </ul>
    </div>
  );
}

/** The text for a query that cannot be parsed. */
export function InvalidQuery({ message }: { message: string }) {
  return (
    <div class="empty">
      <p>This search is not valid: {message}</p>
      <p>Correct it in the search box above and search again.</p>
    </div>
  );
}

const examples = [
  ['budget vote', 'both words, anywhere'],
  ['"budget vote"', 'the exact phrase'],
  ['budget -cricket', 'the first word without the second'],
  ['author:"jane doe"', 'items of one author'],
  ['after:2026-01-31 before:2026-03-01', 'items between two dates'],
] as const;

/** The search syntax by example. */
export function SearchHelp({ context }: { context: PageContext }) {
  const [, tab] = context.tabs;
  const section = tab?.name.includes(' ') === true ? `section:"${tab.name}"` : `section:${tab?.name ?? 'world'}`;
  return (
    <aside class="search-help" aria-labelledby="help-title">
      <h2 id="help-title">How to search</h2>
      <dl>
        {[...examples, [section.toLowerCase(), 'one section; use source: for one source'] as const].map(
          ([q, meaning]) => (
            <div>
              <dt>
                <a href={context.links.searchFor(q)}>
                  <code>{q}</code>
                </a>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ),
        )}
      </dl>
      <p>Case and accents are ignored.</p>
    </aside>
  );
}

/** The ways to follow a search. */
export function FollowSearch({ q, liveUrl, context }: { q: string; liveUrl: string; context: PageContext }) {
  const { links } = context;
  return (
    <aside class="follow-search" aria-labelledby="follow-title">
      <header>
        <h2 id="follow-title">Follow this search</h2>
        <p class="live-state" role="status" hidden />
      </header>
      <p>This page reports new matches above the results. Other ways to follow:</p>
      <ul>
        <li>
          as a feed:{' '}
          {outputFormats.map(({ name, label }) => (
            <>
              <a href={links.feed('', name, q)}>{label}</a>{' '}
            </>
          ))}
        </li>
        <li>
          as a live stream: <Copyable text={liveUrl} />
        </li>
      </ul>
    </aside>
  );
}
