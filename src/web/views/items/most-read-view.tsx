import type { MostRead as Entry } from '../../../domain/items/item-counts.ts';
import type { PageContext } from '../layout/page-context.ts';

/** The most read items of a day and of a week, most read first. */
export interface MostReadLists {
  readonly day: readonly Entry[];
  readonly week: readonly Entry[];
}

/** The lists of most read items; nothing when both are empty. */
export function MostRead({ lists, context }: { lists: MostReadLists; context: PageContext }) {
  const { day, week } = lists;
  if (week.length === 0 && day.length === 0) return null;
  return (
    <section class="most-read" aria-labelledby="most-read-title">
      <h2 id="most-read-title">Most read</h2>
      {day.length > 0 && <Entries entries={day} context={context} />}
      {week.length > 0 && (
        <details open={day.length === 0}>
          <summary>Last seven days</summary>
          <Entries entries={week} context={context} />
        </details>
      )}
    </section>
  );
}

function Entries({ entries, context }: { entries: readonly Entry[]; context: PageContext }) {
  return (
    <ol>
      {entries.map(({ item, reads }) => (
        <li lang={item.language ?? undefined}>
          <a href={context.links.item(item.id)} dir="auto">
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
