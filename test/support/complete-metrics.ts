import { createMetrics, type Metrics } from '../../src/server/metrics-registry.ts';
import type { ObservedServer } from '../../src/server/server-gauges.ts';
import { noon } from './builders.ts';

/** A server without a database: its figures are unknown. */
export const unreadServer: ObservedServer = {
  version: '1.2.3',
  figures: { stored: async () => null, sizes: async () => null },
  requests: () => [],
  config: () => ({ isCurrent: true, readMs: noon }),
};

/** The metrics of a server with all of its parts. */
export function completeMetrics(server: Partial<ObservedServer> = {}): Metrics {
  const metrics = createMetrics({ now: () => noon, monotonic: () => noon });
  metrics.watchLive({
    sessions: { count: () => 0, closes: new Map() },
    fanOut: { size: 0, resets: new Map() },
    tail: { holes: 0 },
  });
  metrics.watchStorage({ state: null });
  metrics.watchServer({ ...unreadServer, ...server });
  return metrics;
}

/** A metric in the text format: what is said of it, and its samples. */
export interface ReadMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  /** Lines such as `name{label="value"} 1`. */
  readonly samples: readonly string[];
}

/** Reads the Prometheus text format as `prom-client` writes it: HELP and TYPE of each metric, then its samples. */
export function readMetricsText(text: string): readonly ReadMetric[] {
  return text
    .split(/^# HELP /m)
    .slice(1)
    .map((block) => {
      const [head = '', type = '', ...samples] = block.split('\n').filter((line) => line !== '');
      const [, name = '', help = ''] = /^(\S+) (.*)$/.exec(head) ?? [];
      return { name, help, type: type.replace(`# TYPE ${name} `, ''), samples };
    });
}
