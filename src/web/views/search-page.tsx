import type { Item } from '../../domain/items/item.ts';
import { outputFormats } from '../../domain/output-formats.ts';
import { type Excerpt, excerptAround, highlightMatches } from '../../domain/search/search-highlights.ts';
import type { SearchQuery } from '../../domain/search/search-query.ts';
import { MorePages } from './items/item-list.tsx';
import { Kicker, Meta } from './items/item-parts.tsx';
import { Copyable } from './layout/copyable.tsx';
import type { PageContext } from './layout/page-context.ts';

const excerptChars = 280;
/** Of a text, how much is looked through for the words that were searched for. */
const searchedChars = 16_384;

/** What was searched for: as typed, and read. */
export interface Search {
  readonly q: string;
  readonly query: SearchQuery;
  readonly byRelevance: boolean;
}

/** What a search found, the words it wanted marked. */
export function SearchResults(props: {
  items: readonly Item[];
  next: string | null;
  search: Search;
  frame: PageContext;
}) {
  const { items, next, search, frame } = props;
  const { q, byRelevance, query } = search;
  const more = byRelevance ? ({ sort: 'relevance' } as const) : {};
  return (
    <>
      <p class="orders">
        <a href={frame.links.searchFor(q)} aria-current={byRelevance ? undefined : 'true'}>
          Newest first
        </a>{' '}
        <a href={frame.links.searchFor(q, { sort: 'relevance' })} aria-current={byRelevance ? 'true' : undefined}>
          Best match first
        </a>
      </p>
      <ul class="items results">
        {items.map((item) => (
          <li>
            <Result item={item} query={query} frame={frame} />
          </li>
        ))}
      </ul>
      {next !== null && <MorePages href={frame.links.searchFor(q, { ...more, before: next })} label="More results" />}
    </>
  );
}

function Result({ item, query, frame }: { item: Item; query: SearchQuery; frame: PageContext }) {
  const { text } = bestExcerpt(item, query);
  return (
    <article class="item" lang={item.language ?? undefined}>
      <Kicker item={item} frame={frame} />
      <h2 class="headline" dir="auto">
        <a href={frame.links.item(item.id)}>
          <Highlighted text={item.title} query={query} />
        </a>
      </h2>
      <Meta item={item} frame={frame} />
      {text !== '' && (
        <p class="summary" dir="auto">
          <Highlighted text={text} query={query} />
        </p>
      )}
    </article>
  );
}

/** Of summary and text, the part that shows why the item was found. */
function bestExcerpt({ summary, contentHtml }: Item, query: SearchQuery): Excerpt {
  const inSummary = excerptAround(summary, query, excerptChars);
  if (inSummary.hasMatch || contentHtml === '') return inSummary;
  const inText = excerptAround(plainText(contentHtml), query, excerptChars);
  return inText.hasMatch || summary === '' ? inText : inSummary;
}

/** The text of sanitised HTML; the four references that the sanitiser writes are read. */
function plainText(html: string): string {
  const text = html.slice(0, searchedChars).replace(/<[^>]*>?/g, ' ');
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

function Highlighted({ text, query }: { text: string; query: SearchQuery }) {
  return <>{highlightMatches(text, query).map((part) => (part.isMatch ? <mark>{part.text}</mark> : part.text))}</>;
}

/** What stands where nothing was found. */
export function NoResults({ q, isFirst, frame }: { q: string; isFirst: boolean; frame: PageContext }) {
  if (!isFirst) {
    return (
      <p class="empty">
        There are no more results. <a href={frame.links.searchFor(q)}>Back to the first</a>.
      </p>
    );
  }
  return (
    <div class="empty">
      <p>Nothing that we have matches this. You can</p>
      <ul>
        <li>leave a word out, or write it in another form: words are compared whole</li>
        <li>take quotation marks away, so that the words may stand apart</li>
        <li>check that a section, a source or a date does not leave out too much</li>
        <li>stay: what matches from now on is told here as it comes in</li>
      </ul>
    </div>
  );
}

/** What stands where the question cannot be answered. */
export function InvalidQuery({ why }: { why: string }) {
  return (
    <div class="empty">
      <p>This search cannot be answered: {why}</p>
      <p>Change it in the box above and search again.</p>
    </div>
  );
}

const examples = [
  ['budget vote', 'both words, anywhere'],
  ['"budget vote"', 'the words next to each other'],
  ['budget -cricket', 'the first without the second'],
  ['author:"news desk"', 'who wrote it'],
  ['after:2026-01-31 before:2026-03-01', 'the days between'],
] as const;

/** How to search. */
export function SearchHelp({ frame }: { frame: PageContext }) {
  const [, tab] = frame.tabs;
  const section = tab?.name.includes(' ') === true ? `section:"${tab.name}"` : `section:${tab?.name ?? 'world'}`;
  return (
    <aside class="help" aria-labelledby="help-title">
      <h2 id="help-title">How to search</h2>
      <dl>
        {[...examples, [section.toLowerCase(), 'one section; so does source:'] as const].map(([q, what]) => (
          <div>
            <dt>
              <a href={frame.links.searchFor(q)}>
                <code>{q}</code>
              </a>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p>Capitals and accents make no difference.</p>
    </aside>
  );
}

/** How to hear of what will match. */
export function FollowSearch({ q, liveUrl, frame }: { q: string; liveUrl: string; frame: PageContext }) {
  const { links } = frame;
  return (
    <aside class="follow" aria-labelledby="follow-title">
      <header>
        <h2 id="follow-title">Follow this search</h2>
        <p class="sign" role="status" hidden />
      </header>
      <p>New matches are told above the results as they come in. Elsewhere:</p>
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
