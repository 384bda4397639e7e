import type { MostRead as Entry } from '../../../domain/items/item-counts.ts';
import type { PageContext } from '../layout/page-context.ts';

/** The most read items of a day and of a week, most read first. */
export interface MostReadLists {
  readonly day: readonly Entry[];
  readonly week: readonly Entry[];
}

/** What was read most; nothing while nothing was read. */
export function MostRead({ lists, frame }: { lists: MostReadLists; frame: PageContext }) {
  const { day, week } = lists;
  if (week.length === 0 && day.length === 0) return null;
  return (
    <section class="most-read" aria-labelledby="most-read-title">
      <h2 id="most-read-title">Most read</h2>
      {day.length > 0 && <Entries entries={day} frame={frame} />}
      {week.length > 0 && (
        <details open={day.length === 0}>
          <summary>In seven days</summary>
          <Entries entries={week} frame={frame} />
        </details>
      )}
    </section>
  );
}

function Entries({ entries, frame }: { entries: readonly Entry[]; frame: PageContext }) {
  return (
    <ol>
      {entries.map(({ item, reads }) => (
        <li lang={item.language ?? undefined}>
          <a href={frame.links.item(item.id)} dir="auto">
            {item.title}
          </a>{' '}
          <span class="reads" lang="en">
            {reads === 1 ? '1 read' : `${reads} reads`}
          </span>
        </li>
      ))}
    </ol>
  );
}
