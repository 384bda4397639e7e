import { dayMs, hourMs, minuteMs } from '../../domain/durations.ts';
import { Time } from './items/item-parts.tsx';
import type { PageContext } from './layout/page-context.ts';
import { NextCheck, SourceFeeds, type SourceRow, SourceState } from './source-summary.tsx';

/** The table of all sources and their states. */
export function SourcesContent({ rows, context }: { rows: readonly SourceRow[]; context: PageContext }) {
  const failing = rows.filter(({ state }) => state === 'failing' || state === 'gone').length;
  const isMeasured = rows.some((row) => formatDelay(row) !== '–');
  return (
    <>
      <h1 class="page-title">Sources</h1>
      <p class="intro">
        {summaryOf(rows.length, failing)} <a href={context.links.opml}>Download all as OPML</a>.
        {isMeasured &&
          ' Delay: median time from publication to storage, then from storage to live readers, last 24 hours.'}
      </p>
      {rows.length > 0 && (
        <table class="sources">
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Section</th>
              <th scope="col">State</th>
              <th scope="col">Last poll</th>
              <th scope="col">Next poll</th>
              <th scope="col">Delay</th>
              <th scope="col" class="number">
                Items
              </th>
              <th scope="col">Feeds</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <SourceTableRow row={row} context={context} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function summaryOf(count: number, failing: number): string {
  const all = count === 1 ? '1 source' : `${count} sources`;
  if (count === 0) return 'No sources are configured yet.';
  if (failing === 0) return `${all}, none of them failing.`;
  const which = failing === 1 ? '1 is failing. Its' : `${failing} are failing. Their`;
  return `${all}; ${which} stored items remain available.`;
}

/** `4 min, then 12 ms`; a dash for a value that was not measured. */
function formatDelay({ publishedToStoredMs, storedToPushedMs }: SourceRow): string {
  if (storedToPushedMs === null) return publishedToStoredMs === null ? '–' : formatDuration(publishedToStoredMs);
  return `${publishedToStoredMs === null ? '–' : formatDuration(publishedToStoredMs)}, then ${formatDuration(storedToPushedMs)}`;
}

const units = [
  ['d', dayMs],
  ['h', hourMs],
  ['min', minuteMs],
  ['s', 1000],
] as const;

/** A duration in the largest unit of which there is at least one. */
function formatDuration(ms: number): string {
  const [unit, size] = units.find(([, size]) => ms >= size) ?? (['ms', 1] as const);
  return `${Math.max(1, Math.round(ms / size))} ${unit}`;
}

function SourceTableRow({ row, context }: { row: SourceRow; context: PageContext }) {
  return (
    <tr>
      <th scope="row">
        <a href={context.links.source(row.id)}>
          <bdi>{row.title}</bdi>
        </a>
      </th>
      <td data-label="Section">
        <a href={context.links.section(row.section)}>{row.section}</a>
      </td>
      <td data-label="State">
        <SourceState row={row} context={context} />
      </td>
      <td data-label="Last poll">{row.checkedMs === null ? '–' : <Time ms={row.checkedMs} context={context} />}</td>
      <td data-label="Next poll">
        <NextCheck row={row} context={context} />
      </td>
      <td data-label="Delay">{formatDelay(row)}</td>
      <td data-label="Items" class="number">
        {row.items}
      </td>
      <td data-label="Feeds">
        <SourceFeeds row={row} context={context} />
      </td>
    </tr>
  );
}
