import type { ConfigProblem } from '../../domain/config-error.ts';
import { minuteMs } from '../../domain/durations.ts';
import { type StorageState, storageAdvice } from '../../domain/storage.ts';
import { BarChart, type ChartSeries } from './bar-chart.tsx';
import { Time } from './items/item-parts.tsx';
import type { PageContext } from './layout/page-context.ts';

/** One hour of the last day. */
export interface StatusHour {
  readonly hourMs: number;
  readonly added: number;
  readonly updated: number;
  readonly outcomes: Readonly<Record<'fresh' | 'not-modified' | 'throttled' | 'gone' | 'failed', number>>;
  /** Median; null: none told. */
  readonly freshnessMs: number | null;
}

/** Most live connections at one time within an hour. */
export interface SessionHour {
  readonly hourMs: number;
  readonly peak: number;
}

/** What the status page tells. */
export interface Status {
  /** Oldest first. */
  readonly hours: readonly StatusHour[];
  readonly sessions: readonly SessionHour[];
  /** Of declarations that are not in force because of them. */
  readonly problems: readonly ConfigProblem[];
  /** Of the database's storage; null: it has none. */
  readonly storage: StorageState | null;
  readonly sources: {
    readonly all: number;
    readonly troubled: readonly { readonly id: string; readonly title: string }[];
  };
  /** Stored at present, as often as a source has them. */
  readonly items: number;
}

/** Below this everywhere, delays are told in seconds. */
const quickMs = 120_000;

/** How it goes, at a glance and hour by hour. */
export function StatusContent({ status, frame }: { status: Status; frame: PageContext }) {
  return (
    <>
      <h1 class="page-title">Status</h1>
      <StorageFault state={status.storage} frame={frame} />
      <Problems problems={status.problems} />
      <Summary status={status} frame={frame} />
      <Charts status={status} frame={frame} />
    </>
  );
}

function StorageFault({ state, frame }: { state: StorageState | null; frame: PageContext }) {
  if (state === null) return null;
  const { what, remedy } = storageAdvice[state.fault];
  return (
    <section class="problems" aria-labelledby="storage-title">
      <h2 id="storage-title">
        {state.blocksWrites ? 'Nothing new can be stored' : 'A part of the database cannot be read'}
      </h2>
      <p>
        Since <Time ms={state.sinceMs} frame={frame} /> {what}. {remedy}.
      </p>
      {state.blocksWrites && <p>Pages and feeds show what was stored before. Sources are read again afterwards.</p>}
    </section>
  );
}

function Problems({ problems }: { problems: readonly ConfigProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <section class="problems" aria-labelledby="problems-title">
      <h2 id="problems-title">The declarations cannot be used as they stand</h2>
      <p>What was in force before stays in force until this is mended:</p>
      <ul>
        {problems.map(({ where, what, remedy }) => (
          <li>
            <strong>{where}</strong>: {what}. {remedy}.
          </li>
        ))}
      </ul>
    </section>
  );
}

function Summary({ status, frame }: { status: Status; frame: PageContext }) {
  const { all, troubled } = status.sources;
  const added = status.hours.reduce((sum, hour) => sum + hour.added, 0);
  const polls = status.hours.reduce((sum, { outcomes }) => sum + Object.values(outcomes).reduce((a, b) => a + b, 0), 0);
  return (
    <>
      <dl class="figures">
        <Figure name="new items in 24 hours" value={added} />
        <Figure name="stored items" value={status.items} />
        <Figure name="reads of sources in 24 hours" value={polls} />
        <Figure name={all === 1 ? 'source' : 'sources'} value={all} />
        <Figure name="in trouble" value={troubled.length} />
      </dl>
      {troubled.length > 0 && (
        <p class="standfirst">
          Cannot be read at present:{' '}
          {troubled.map(({ id, title }, index) => (
            <>
              {index > 0 && ', '}
              <a href={frame.links.source(id)}>
                <bdi>{title}</bdi>
              </a>
            </>
          ))}
          . What they had is kept.
        </p>
      )}
    </>
  );
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value.toLocaleString('en-GB')}</dd>
    </div>
  );
}

function Charts({ status, frame }: { status: Status; frame: PageContext }) {
  const { hours, sessions } = status;
  const at = hours.map(({ hourMs }) => hourMs);
  const most = new Map(sessions.map((session) => [session.hourMs, session.peak]));
  const series = (name: string, tone: ChartSeries['tone'], of: (hour: StatusHour) => number | null): ChartSeries => ({
    name,
    tone,
    values: hours.map(of),
  });
  const polls = [
    series('new', 'main', ({ outcomes }) => outcomes.fresh),
    series('unchanged', 'quiet', ({ outcomes }) => outcomes['not-modified']),
    series('told to wait', 'warn', ({ outcomes }) => outcomes.throttled),
    series('failed', 'bad', ({ outcomes }) => outcomes.failed + outcomes.gone),
  ];
  const isQuick = hours.every(({ freshnessMs }) => (freshnessMs ?? 0) < quickMs);
  const delayUnit = isQuick ? ({ name: 'seconds', ms: 1000 } as const) : ({ name: 'minutes', ms: minuteMs } as const);
  const delay = ({ freshnessMs }: StatusHour) =>
    freshnessMs === null ? null : Math.round((freshnessMs / delayUnit.ms) * 10) / 10;
  return (
    <>
      <BarChart
        id="items-plot"
        title="Items per hour"
        unit="items"
        hoursMs={at}
        series={[series('added', 'main', ({ added }) => added), series('corrected', 'quiet', ({ updated }) => updated)]}
        frame={frame}
      />
      <BarChart
        id="freshness-plot"
        title={`From publication to us, median in ${delayUnit.name}`}
        unit={delayUnit.name}
        hoursMs={at}
        series={[series(delayUnit.name, 'main', delay)]}
        frame={frame}
      />
      <BarChart
        id="polls-plot"
        title="Reads of sources per hour"
        unit="reads"
        hoursMs={at}
        series={polls}
        frame={frame}
      />
      <BarChart
        id="sessions-plot"
        title="Live connections, most at a time"
        unit="connections"
        hoursMs={at}
        series={[series('connections', 'main', ({ hourMs }) => most.get(hourMs) ?? null)]}
        frame={frame}
      />
    </>
  );
}
