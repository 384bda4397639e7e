import { Time } from './items/item-parts.tsx';
import type { PageContext } from './layout/page-context.ts';
import { externalLink } from './layout/view-links.ts';

/** A source as pages show it. */
export interface SourceRow {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** http(s); null: unknown. */
  readonly siteUrl: string | null;
  readonly state: 'new' | 'fine' | 'waiting' | 'failing' | 'gone';
  readonly sinceMs: number | null;
  readonly checkedMs: number | null;
  /** Null: the source is not polled any more. */
  readonly nextCheckMs: number | null;
  /** Why the next poll is at that time, as text. */
  readonly nextCheckReason: string;
  readonly items: number;
  /** Medians; null: no item was measured. */
  readonly publishedToStoredMs: number | null;
  readonly storedToPushedMs: number | null;
}

const stateLabels: Readonly<Record<SourceRow['state'], string>> = {
  new: 'Not polled yet',
  fine: 'OK',
  waiting: 'Throttled by the server',
  failing: 'Failing',
  gone: 'Gone',
};

/** The state of a source, and since when. */
export function SourceState({ row, context }: { row: SourceRow; context: PageContext }) {
  return (
    <>
      <span class={`state state-${row.state}`}>{stateLabels[row.state]}</span>
      {row.sinceMs !== null && (
        <>
          {' '}
          since <Time ms={row.sinceMs} context={context} />
        </>
      )}
    </>
  );
}

/** When a source is polled next, and why then. */
export function NextCheck({ row, context }: { row: SourceRow; context: PageContext }) {
  if (row.nextCheckMs === null) return <>never</>;
  return (
    <>
      <Time ms={row.nextCheckMs} context={context} />
      <span class="reason"> {row.nextCheckReason}</span>
    </>
  );
}

/** The output feeds of one source. */
export function SourceFeeds({ row, context }: { row: SourceRow; context: PageContext }) {
  const path = `/sources/${encodeURIComponent(row.id)}`;
  return (
    <span class="feed-links">
      <a href={context.links.feed(path, 'rss')} aria-label={`RSS of ${row.title}`}>
        RSS
      </a>{' '}
      <a href={context.links.feed(path, 'atom')} aria-label={`Atom of ${row.title}`}>
        Atom
      </a>{' '}
      <a href={context.links.feed(path, 'json')} aria-label={`JSON Feed of ${row.title}`}>
        JSON
      </a>
    </span>
  );
}

/** The details of a source on its own page. */
export function SourceSummary({ row, context }: { row: SourceRow; context: PageContext }) {
  return (
    <dl class="source-summary">
      <div>
        <dt>Section</dt>
        <dd>
          <a href={context.links.section(row.section)}>{row.section}</a>
        </dd>
      </div>
      {row.siteUrl !== null && (
        <div>
          <dt>Site</dt>
          <dd>
            <a href={row.siteUrl} {...externalLink}>
              <bdi>{new URL(row.siteUrl).hostname}</bdi>
            </a>
          </dd>
        </div>
      )}
      <div>
        <dt>State</dt>
        <dd>
          <SourceState row={row} context={context} />
        </dd>
      </div>
      <div>
        <dt>Next poll</dt>
        <dd>
          <NextCheck row={row} context={context} />
        </dd>
      </div>
      <div>
        <dt>Feeds</dt>
        <dd>
          <SourceFeeds row={row} context={context} />
        </dd>
      </div>
    </dl>
  );
}
