import type { ConfigProblem } from '../../domain/config-error.ts';
import { minuteMs } from '../../domain/durations.ts';
import { type StorageState, storageAdvice } from '../../domain/storage.ts';
import { BarChart, type ChartSeries } from './bar-chart.tsx';
import { Time } from './items/item-parts.tsx';
import type { PageContext } from './layout/page-context.ts';

/** One hour of the last day. */
interface StatusHour {
  readonly hourMs: number;
  readonly added: number;
  readonly updated: number;
  readonly outcomes: Readonly<Record<'fresh' | 'not-modified' | 'throttled' | 'gone' | 'failed', number>>;
  /** Median delay from publication to storage; null: no item had a date. */
  readonly freshnessMs: number | null;
}

/** The peak of concurrent live connections within an hour. */
interface SessionHour {
  readonly hourMs: number;
  readonly peak: number;
}

/** The data of the status page. */
export interface Status {
  /** Oldest first. */
  readonly hours: readonly StatusHour[];
  readonly sessions: readonly SessionHour[];
  /** Errors of the configuration files: the last valid configuration stays active. */
  readonly problems: readonly ConfigProblem[];
  /** Declarations that are ignored: outlines of OPML. */
  readonly warnings: readonly ConfigProblem[];
  /** The storage fault of the database; null: none. */
  readonly storage: StorageState | null;
  readonly sources: {
    readonly all: number;
    readonly failing: readonly { readonly id: string; readonly title: string }[];
  };
  /** Stored items, counted once for each source that has them. */
  readonly items: number;
}

/** When all delays are shorter, the chart shows seconds instead of minutes. */
const maxSecondsScaleMs = 120_000;

/** Problems, key figures, and charts of the last 24 hours. */
export function StatusContent({ status, context }: { status: Status; context: PageContext }) {
  return (
    <>
      <h1 class="page-title">Status</h1>
      <StorageFault state={status.storage} context={context} />
      <Problems problems={status.problems} />
      <Warnings warnings={status.warnings} />
      <Summary status={status} context={context} />
      <Charts status={status} context={context} />
    </>
  );
}

function StorageFault({ state, context }: { state: StorageState | null; context: PageContext }) {
  if (state === null) return null;
  const { what, remedy } = storageAdvice[state.fault];
  return (
    <section class="problems" aria-labelledby="storage-title">
      <h2 id="storage-title">
        {state.blocksWrites ? 'New items cannot be stored' : 'A part of the database cannot be read'}
      </h2>
      <p>
        Since <Time ms={state.sinceMs} context={context} /> {what}. {remedy}.
      </p>
      {state.blocksWrites && (
        <p>Pages and feeds show the items stored before. Polling resumes when the database can be written again.</p>
      )}
    </section>
  );
}

function Problems({ problems }: { problems: readonly ConfigProblem[] }) {
  if (problems.length === 0) return null;
  return (
    <section class="problems" aria-labelledby="problems-title">
      <h2 id="problems-title">The configuration has errors</h2>
      <p>The last valid configuration stays active until these errors are fixed:</p>
      <ProblemItems problems={problems} />
    </section>
  );
}

function Warnings({ warnings }: { warnings: readonly ConfigProblem[] }) {
  if (warnings.length === 0) return null;
  return (
    <section class="problems" aria-labelledby="warnings-title">
      <h2 id="warnings-title">The configuration has warnings</h2>
      <p>Everything else in it is active:</p>
      <ProblemItems problems={warnings} />
    </section>
  );
}

function ProblemItems({ problems }: { problems: readonly ConfigProblem[] }) {
  return (
    <ul>
      {problems.map(({ where, what, remedy }) => (
        <li>
          <strong>{where}</strong>: {what}. {remedy}.
        </li>
      ))}
    </ul>
  );
}

function Summary({ status, context }: { status: Status; context: PageContext }) {
  const { all, failing } = status.sources;
  const added = status.hours.reduce((sum, hour) => sum + hour.added, 0);
  const polls = status.hours.reduce((sum, { outcomes }) => sum + Object.values(outcomes).reduce((a, b) => a + b, 0), 0);
  return (
    <>
      <dl class="key-figures">
        <Figure name="new items in 24 hours" value={added} />
        <Figure name="stored items" value={status.items} />
        <Figure name="polls in 24 hours" value={polls} />
        <Figure name={all === 1 ? 'source' : 'sources'} value={all} />
        <Figure name="failing" value={failing.length} />
      </dl>
      {failing.length > 0 && (
        <p class="intro">
          Failing sources:{' '}
          {failing.map(({ id, title }, index) => (
            <>
              {index > 0 && ', '}
              <a href={context.links.source(id)}>
                <bdi>{title}</bdi>
              </a>
            </>
          ))}
          . Their stored items remain available.
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

function Charts({ status, context }: { status: Status; context: PageContext }) {
  const { hours, sessions } = status;
  const hoursMs = hours.map(({ hourMs }) => hourMs);
  const most = new Map(sessions.map((session) => [session.hourMs, session.peak]));
  const series = (name: string, tone: ChartSeries['tone'], of: (hour: StatusHour) => number | null): ChartSeries => ({
    name,
    tone,
    values: hours.map(of),
  });
  const polls = [
    series('new', 'main', ({ outcomes }) => outcomes.fresh),
    series('unchanged', 'quiet', ({ outcomes }) => outcomes['not-modified']),
    series('throttled', 'warn', ({ outcomes }) => outcomes.throttled),
    series('failed', 'bad', ({ outcomes }) => outcomes.failed + outcomes.gone),
  ];
  const isInSeconds = hours.every(({ freshnessMs }) => (freshnessMs ?? 0) < maxSecondsScaleMs);
  const delayUnit = isInSeconds
    ? ({ name: 'seconds', ms: 1000 } as const)
    : ({ name: 'minutes', ms: minuteMs } as const);
  const delay = ({ freshnessMs }: StatusHour) =>
    freshnessMs === null ? null : Math.round((freshnessMs / delayUnit.ms) * 10) / 10;
  const common = { hoursMs, context };
  const items = [series('added', 'main', ({ added }) => added), series('updated', 'quiet', ({ updated }) => updated)];
  const connections = [series('connections', 'main', ({ hourMs }) => most.get(hourMs) ?? null)];
  const delays = [series(delayUnit.name, 'main', delay)];
  const delayTitle = `Delay from publication to storage, median in ${delayUnit.name}`;
  const peakTitle = 'Concurrent live connections, peak per hour';
  return (
    <>
      <BarChart {...common} id="items-chart" title="Items per hour" unit="items" series={items} />
      <BarChart {...common} id="freshness-chart" title={delayTitle} unit={delayUnit.name} series={delays} />
      <BarChart {...common} id="polls-chart" title="Polls per hour" unit="polls" series={polls} />
      <BarChart {...common} id="sessions-chart" title={peakTitle} unit="connections" series={connections} />
    </>
  );
}
