import { Time } from './items/item-parts.tsx';
import type { PageContext } from './layout/page-context.ts';
import { externalLink } from './layout/view-links.ts';

/** A source as pages show it. */
export interface SourceRow {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** http(s); null: none is known. */
  readonly siteUrl: string | null;
  readonly state: 'new' | 'fine' | 'waiting' | 'failing' | 'gone';
  readonly sinceMs: number | null;
  readonly checkedMs: number | null;
  /** Null: it is not asked any more. */
  readonly nextCheckMs: number | null;
  /** What decided on the next check; '' when nothing is to be said of it. */
  readonly nextCheckWhy: string;
  readonly items: number;
  /** Medians; null: nothing new came by. */
  readonly publishedToStoredMs: number | null;
  readonly storedToPushedMs: number | null;
}

const stateLabels: Readonly<Record<SourceRow['state'], string>> = {
  new: 'Not read yet',
  fine: 'Fine',
  waiting: 'Asked us to wait',
  failing: 'Failing',
  gone: 'Gone',
};

/** How the reading of a source goes, in a word. */
export function SourceState({ row, frame }: { row: SourceRow; frame: PageContext }) {
  return (
    <>
      <span class={`state state-${row.state}`}>{stateLabels[row.state]}</span>
      {row.sinceMs !== null && (
        <>
          {' '}
          since <Time ms={row.sinceMs} frame={frame} />
        </>
      )}
    </>
  );
}

/** When a source is asked next, and what decided on it. */
export function NextCheck({ row, frame }: { row: SourceRow; frame: PageContext }) {
  if (row.nextCheckMs === null) return <>not any more</>;
  return (
    <>
      <Time ms={row.nextCheckMs} frame={frame} />
      {row.nextCheckWhy !== '' && <span class="why"> {row.nextCheckWhy}</span>}
    </>
  );
}

/** The output feeds of one source. */
export function SourceFeeds({ row, frame }: { row: SourceRow; frame: PageContext }) {
  const path = `/sources/${encodeURIComponent(row.id)}`;
  return (
    <span class="feed-links">
      <a href={frame.links.feed(path, 'rss')} aria-label={`RSS of ${row.title}`}>
        RSS
      </a>{' '}
      <a href={frame.links.feed(path, 'atom')} aria-label={`Atom of ${row.title}`}>
        Atom
      </a>{' '}
      <a href={frame.links.feed(path, 'json')} aria-label={`JSON Feed of ${row.title}`}>
        JSON
      </a>
    </span>
  );
}

/** What stands below the name of a source on its own page. */
export function SourceSummary({ row, frame }: { row: SourceRow; frame: PageContext }) {
  return (
    <dl class="source-note">
      <div>
        <dt>Section</dt>
        <dd>
          <a href={frame.links.section(row.section)}>{row.section}</a>
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
          <SourceState row={row} frame={frame} />
        </dd>
      </div>
      <div>
        <dt>Next check</dt>
        <dd>
          <NextCheck row={row} frame={frame} />
        </dd>
      </div>
      <div>
        <dt>Feeds</dt>
        <dd>
          <SourceFeeds row={row} frame={frame} />
        </dd>
      </div>
    </dl>
  );
}
