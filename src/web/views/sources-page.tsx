import { dayMs, hourMs, minuteMs } from '../../domain/durations.ts';
import { Time } from './items/item-parts.tsx';
import type { PageContext } from './layout/page-context.ts';
import { NextCheck, SourceFeeds, type SourceRow, SourceState } from './source-summary.tsx';

/** All sources and how reading them goes. */
export function SourcesContent({ rows, frame }: { rows: readonly SourceRow[]; frame: PageContext }) {
  const failing = rows.filter(({ state }) => state === 'failing' || state === 'gone').length;
  const isMeasured = rows.some((row) => formatDelay(row) !== '–');
  return (
    <>
      <h1 class="page-title">Sources</h1>
      <p class="standfirst">
        {summaryOf(rows.length, failing)} <a href={frame.links.opml}>All of them as OPML</a>.
        {isMeasured && ' Delay: from publication to us, then from us to live readers; the median of the last day.'}
      </p>
      {rows.length > 0 && (
        <table class="sources">
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Section</th>
              <th scope="col">State</th>
              <th scope="col">Last read</th>
              <th scope="col">Next check</th>
              <th scope="col">Delay</th>
              <th scope="col" class="number">
                Items
              </th>
              <th scope="col">Feeds</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <SourceTableRow row={row} frame={frame} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function summaryOf(count: number, failing: number): string {
  const all = count === 1 ? 'One source' : `${count} sources`;
  if (count === 0) return 'No source is declared yet.';
  if (failing === 0) return `${all}, every one of them in order.`;
  return `${all}; ${failing === 1 ? 'one' : failing} cannot be read at present. What they had is kept.`;
}

/** `4 min, then 12 ms`; a dash where nothing was measured. */
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

function SourceTableRow({ row, frame }: { row: SourceRow; frame: PageContext }) {
  return (
    <tr>
      <th scope="row">
        <a href={frame.links.source(row.id)}>
          <bdi>{row.title}</bdi>
        </a>
      </th>
      <td data-label="Section">
        <a href={frame.links.section(row.section)}>{row.section}</a>
      </td>
      <td data-label="State">
        <SourceState row={row} frame={frame} />
      </td>
      <td data-label="Last read">{row.checkedMs === null ? '–' : <Time ms={row.checkedMs} frame={frame} />}</td>
      <td data-label="Next check">
        <NextCheck row={row} frame={frame} />
      </td>
      <td data-label="Delay">{formatDelay(row)}</td>
      <td data-label="Items" class="number">
        {row.items}
      </td>
      <td data-label="Feeds">
        <SourceFeeds row={row} frame={frame} />
      </td>
    </tr>
  );
}
