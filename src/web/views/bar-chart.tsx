import { formatHour } from './layout/format-dateline.ts';
import type { PageContext } from './layout/page-context.ts';

/** One series of a stacked bar chart. */
export interface ChartSeries {
  readonly name: string;
  readonly tone: 'main' | 'quiet' | 'warn' | 'bad';
  /** One value per hour; null: no value. */
  readonly values: readonly (number | null)[];
}

interface BarChartProps {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** Unit of the values, in the plural. */
  readonly unit: string;
  readonly hoursMs: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly context: PageContext;
}

const width = 720;
const height = 150;
const left = 52;
const bottom = 20;
const top = 8;

/** A bar chart with one bar per hour, and the same values as a table. */
export function BarChart(props: BarChartProps) {
  const { id, title, series, hoursMs } = props;
  const max = highestStack(series);
  return (
    <figure class="chart" aria-labelledby={id}>
      <figcaption id={id}>
        {title}
        {series.length > 1 && <Legend series={series} />}
      </figcaption>
      {hoursMs.length === 0 || max === 0 ? <p class="empty">No data yet.</p> : <Bars {...props} max={roundUp(max)} />}
      {hoursMs.length > 0 && <DataTable {...props} />}
    </figure>
  );
}

function Legend({ series }: { series: readonly ChartSeries[] }) {
  return (
    <span class="legend">
      {series.map(({ name, tone }) => (
        <span class={`legend-entry tone-${tone}`}>{name}</span>
      ))}
    </span>
  );
}

/** The highest stack. */
function highestStack(series: readonly ChartSeries[]): number {
  const stacks = (series[0]?.values ?? []).map((_, index) =>
    series.reduce((sum, one) => sum + (one.values[index] ?? 0), 0),
  );
  return Math.max(0, ...stacks);
}

/** The end of the scale: the next number of the form 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10;
  return step * power;
}

function Bars({ title, unit, hoursMs, series, context, max }: BarChartProps & { max: number }) {
  const step = (width - left) / hoursMs.length;
  const y = (value: number): number => round(top + (height - bottom - top) * (1 - value / max));
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${title}: bar chart; the values are in the table below`}
    >
      {[0, max / 2, max].map((value) => (
        <>
          <line class="grid" x1={left} x2={width} y1={y(value)} y2={y(value)} />
          <text class="tick" x={left - 6} y={y(value) + 4} text-anchor="end">
            {round(value)}
          </text>
        </>
      ))}
      {hoursMs.map((hourMs, index) => (
        <g>
          <title>{`${formatHour(hourMs, context.timezone)}: ${hourLabel(series, index, unit)}`}</title>
          {stack(series, index).map(({ tone, from, to }) => (
            <rect
              class={`tone-${tone}`}
              x={round(left + index * step + step * 0.12)}
              width={round(step * 0.76)}
              y={y(to)}
              height={round(y(from) - y(to))}
            />
          ))}
          {(hoursMs.length - 1 - index) % 6 === 0 && (
            <text
              class="tick"
              x={round(left + (index + 0.5) * step)}
              y={height - 4}
              text-anchor={index === hoursMs.length - 1 ? 'end' : 'middle'}
            >
              {formatHour(hourMs, context.timezone)}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

interface Bar {
  readonly tone: ChartSeries['tone'];
  readonly from: number;
  readonly to: number;
}

/** The stacked bars of an hour. */
function stack(series: readonly ChartSeries[], index: number): readonly Bar[] {
  let from = 0;
  return series.flatMap(({ tone, values }) => {
    const value = values[index] ?? 0;
    if (value <= 0) return [];
    const bar = { tone, from, to: from + value };
    from += value;
    return [bar];
  });
}

function hourLabel(series: readonly ChartSeries[], index: number, unit: string): string {
  if (series.length === 1) return `${series[0]?.values[index] ?? 'no'} ${unit}`;
  return series.map(({ name, values }) => `${values[index] ?? 0} ${name}`).join(', ');
}

/** The values of the chart, newest first. */
function DataTable({ title, hoursMs, series, context }: BarChartProps) {
  return (
    <details>
      <summary>Show as table</summary>
      <table>
        <caption class="visually-hidden">{title}</caption>
        <thead>
          <tr>
            <th scope="col">Hour</th>
            {series.map(({ name }) => (
              <th scope="col">{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hoursMs
            .map((hourMs, index) => (
              <tr>
                <th scope="row">{formatHour(hourMs, context.timezone)}</th>
                {series.map(({ values }) => (
                  <td>{values[index] ?? '–'}</td>
                ))}
              </tr>
            ))
            .toReversed()}
        </tbody>
      </table>
    </details>
  );
}
