import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { completeMetrics, type ReadMetric, readMetricsText } from '../support/complete-metrics.ts';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

async function allMetrics(): Promise<readonly ReadMetric[]> {
  return readMetricsText(await completeMetrics().read());
}

/** Units that are not base units, and abbreviations: https://prometheus.io/docs/practices/naming/ */
const otherUnits =
  /_(?:milliseconds?|microseconds?|nanoseconds?|minutes?|hours?|days?|weeks?|kilobytes?|megabytes?|gigabytes?|bits?|percent|s|ms|us|ns|sec|b|kb|mb|gb|m|h|d)(?:_|$)/;

/** What is wrong with the name of a metric; the rules of `promtool check metrics`. */
function problemsOf({ name, help, type, samples }: ReadMetric): string[] {
  const isCounter = type === 'counter';
  const labels = samples.flatMap((line) => [...line.matchAll(/[{,](\w+)="/g)].map((match) => match[1] ?? ''));
  const rules: Record<string, boolean> = {
    'has no help': help.trim() === '',
    'has no known type': !['counter', 'gauge', 'histogram'].includes(type),
    'is not in snake case': !/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name),
    'is a counter without _total': isCounter && !name.endsWith('_total'),
    'ends with _total but is no counter': !isCounter && name.endsWith('_total'),
    'has a suffix of histograms': type !== 'histogram' && /_(?:bucket|count|sum)$/.test(name),
    'has a unit that is not a base unit': otherUnits.test(name),
    'contains its type': /(?:^|_)(?:counter|gauge|histogram|summary)(?:_|$)/.test(name),
    'has a label of histograms': type !== 'histogram' && labels.some((label) => label === 'le' || label === 'quantile'),
  };
  return Object.entries(rules).flatMap(([problem, isBroken]) => (isBroken ? [`${name} ${problem}`] : []));
}

describe('/metrics', () => {
  it('follows the naming conventions of Prometheus', async () => {
    const metrics = await allMetrics();
    expect(metrics.length).toBeGreaterThan(40);
    expect(metrics.flatMap(problemsOf)).toEqual([]);
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  });

  it('is judged by rules that find each fault', () => {
    const metric = { name: 'newswire_polls_total', help: 'Polls.', type: 'counter', samples: [] };
    expect(problemsOf(metric)).toEqual([]);
    const broken: Partial<ReadMetric>[] = [
      { help: '' },
      { type: 'untyped', name: 'newswire_polls' },
      { name: 'newswire:polls_total' },
      { name: 'newswire_polls' },
      { type: 'gauge' },
      { type: 'gauge', name: 'newswire_polls_count' },
      { type: 'gauge', name: 'newswire_poll_milliseconds' },
      { type: 'gauge', name: 'newswire_poll_gauge' },
      { samples: ['newswire_polls_total{le="1"} 1'] },
    ];
    expect(broken.map((part) => problemsOf({ ...metric, ...part }).length)).toEqual(broken.map(() => 1));
  });

  it('is documented in docs/OPERATING.md, metric by metric', async () => {
    const rows = (await allMetrics())
      .filter(({ name }) => name.startsWith('newswire_'))
      .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`)
      .sort();
    const documented = read('docs/OPERATING.md')
      .split('\n')
      .filter((line) => line.startsWith('| `newswire_'))
      .sort();
    expect(documented).toEqual(rows);
  });
});

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly datasource: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly refId: string }[];
}

/** Names in an expression that are not metrics of the server; histograms by their own name. */
function unknownNames(expressions: readonly string[], metrics: readonly ReadMetric[]): string[] {
  const known = new Set(
    metrics.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  const named = expressions.flatMap((text) => text.match(/\b(?:newswire|nodejs|process)_\w+/g) ?? ['nothing']);
  return named.filter((name) => !known.has(name));
}

describe('deploy/alerts.yml', () => {
  const { groups } = parse(read('deploy/alerts.yml')) as { groups: { name: string; rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);

  it('names only metrics that the server has', async () => {
    expect(rules.length).toBeGreaterThan(8);
    expect(
      unknownNames(
        rules.map(({ expr }) => expr),
        await allMetrics(),
      ),
    ).toEqual([]);
  });

  it('has unique alerts with a severity, a summary and what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect([alert, ['warning', 'critical'].includes(labels.severity)]).toEqual([alert, true]);
      expect([alert, /\.$/.test(annotations.summary), /\.$/.test(annotations.description)]).toEqual([
        alert,
        true,
        true,
      ]);
    }
  });
});

describe('deploy/grafana.json', () => {
  const { panels } = JSON.parse(read('deploy/grafana.json')) as { panels: Panel[] };
  const charts = panels.filter(({ type }) => type !== 'row');

  it('names only metrics that the server has', async () => {
    const expressions = charts.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    expect(expressions.length).toBeGreaterThan(15);
    expect(unknownNames(expressions, await allMetrics())).toEqual([]);
  });

  it('has panels with unique ids that do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('lets the reader choose the data source', () => {
    expect(charts.filter(({ datasource }) => datasource.uid !== `$\{datasource}`)).toEqual([]);
  });
});
