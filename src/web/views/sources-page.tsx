import type { Frame } from './frame.ts';
import { Time } from './item-parts.tsx';

/** A source as the table shows it. */
export interface SourceRow {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  readonly state: 'new' | 'fine' | 'waiting' | 'failing' | 'gone';
  readonly sinceMs: number | null;
  readonly checkedMs: number | null;
  readonly items: number;
}

const words: Readonly<Record<SourceRow['state'], string>> = {
  new: 'Not read yet',
  fine: 'Fine',
  waiting: 'Asked us to wait',
  failing: 'Failing',
  gone: 'Gone',
};

/** All sources and how reading them goes. */
export function SourcesMatter({ rows, frame }: { rows: readonly SourceRow[]; frame: Frame }) {
  const failing = rows.filter(({ state }) => state === 'failing' || state === 'gone').length;
  return (
    <>
      <h1 class="page-title">Sources</h1>
      <p class="standfirst">{summaryOf(rows.length, failing)}</p>
      {rows.length > 0 && (
        <table class="sources">
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Section</th>
              <th scope="col">State</th>
              <th scope="col">Last read</th>
              <th scope="col" class="number">
                Items
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row row={row} frame={frame} />
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

function Row({ row, frame }: { row: SourceRow; frame: Frame }) {
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
        <span class={`state state-${row.state}`}>{words[row.state]}</span>
        {row.sinceMs !== null && (
          <>
            {' '}
            since <Time ms={row.sinceMs} frame={frame} />
          </>
        )}
      </td>
      <td data-label="Last read">{row.checkedMs === null ? '–' : <Time ms={row.checkedMs} frame={frame} />}</td>
      <td data-label="Items" class="number">
        {row.items}
      </td>
    </tr>
  );
}
