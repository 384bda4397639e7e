import { describe, expect, it } from 'vitest';
import type { StoredFigures, WebhookBacklog } from '../../src/server/stored-figures.ts';
import { noon } from '../support/builders.ts';
import { completeMetrics, readMetricsText, unreadServer } from '../support/complete-metrics.ts';

const webhook: WebhookBacklog = {
  ...{ id: 'desk', url: 'https://example.org/in', epoch: 'k3f9', seq: 5, announcedSeq: 5, failures: 0 },
  ...{ firstFailedMs: null, nextAttemptMs: 0, pausedMs: null, lastOutcome: null, lastStatus: null, lastDetail: null },
  ...{ lastAttemptMs: null, lastSuccessMs: noon, delivered: 5, removedMs: null, backlog: 7 },
};

const stored: StoredFigures = {
  sources: { new: 1, ok: 20, failing: 2, throttled: 0, gone: 0 },
  overdueMs: 1500,
  log: { epoch: 'k3f9', head: 12, floor: 3 },
  oldestEventMs: noon - 1000,
  lastEventMs: noon,
  webhooks: [webhook, { ...webhook, id: 'old', backlog: null, failures: 3 }],
  webSubSubscribers: 4,
  pendingComments: 6,
};
const sizes = { bytes: 1000, writeAheadBytes: 200, diskFreeBytes: 5000 };
const figures = { stored: async () => stored, sizes: async () => sizes };

async function samplesOf(server: Parameters<typeof completeMetrics>[0], name: string): Promise<readonly string[]> {
  const metrics = readMetricsText(await completeMetrics(server).read());
  return metrics.find((metric) => metric.name === name)?.samples ?? ['no such metric'];
}

describe('the gauges of the server', () => {
  it.each([
    ['newswire_sources', ['{state="new"} 1', '{state="ok"} 20', '{state="failing"} 2']],
    ['newswire_poll_overdue_seconds', [' 1.5']],
    ['newswire_event_log_head', [' 12']],
    ['newswire_event_log_floor', [' 3']],
    ['newswire_event_log_last_event_timestamp_seconds', [` ${noon / 1000}`]],
    ['newswire_event_log_oldest_event_timestamp_seconds', [` ${noon / 1000 - 1}`]],
    ['newswire_webhooks', ['{condition="new"} 0', '{condition="ok"} 1', '{condition="failing"} 1']],
    ['newswire_webhook_backlog_events', ['{webhook="desk"} 7']],
    ['newswire_websub_subscribers', [' 4']],
    ['newswire_comments_pending', [' 6']],
    ['newswire_database_size_bytes', ['{file="main"} 1000', '{file="wal"} 200']],
    ['newswire_database_disk_free_bytes', [' 5000']],
  ])('%s has the values of the database', async (name, expected) => {
    const samples = await samplesOf({ figures }, name);
    expect(samples.slice(0, expected.length)).toEqual(expected.map((rest) => `${name}${rest}`));
  });

  it('name the version and the state of the declarations', async () => {
    const name = 'newswire_build_info';
    expect(await samplesOf({}, name)).toEqual([`${name}{version="1.2.3",node_version="${process.versions.node}"} 1`]);
    const config = () => ({ isCurrent: false, readMs: noon });
    const successful = 'newswire_config_last_reload_successful';
    expect(await samplesOf({ config }, successful)).toEqual([`${successful} 0`]);
    const timestamp = 'newswire_config_last_reload_success_timestamp_seconds';
    expect(await samplesOf({ config }, timestamp)).toEqual([`${timestamp} ${noon / 1000}`]);
  });

  it('count requests by route and status class', async () => {
    const requests = () => [{ route: '/items/:id', status: '4xx', count: 3 } as const];
    const name = 'newswire_http_requests_total';
    expect(await samplesOf({ requests }, name)).toEqual([`${name}{route="/items/:id",status="4xx"} 3`]);
  });

  it('have no samples while the database cannot be read, and have them again afterwards', async () => {
    let isReadable = true;
    const metrics = completeMetrics({
      figures: {
        stored: async () => (isReadable ? stored : null),
        sizes: async () => (isReadable ? sizes : null),
      },
    });
    const withoutSamples = async (): Promise<string[]> =>
      readMetricsText(await metrics.read()).flatMap(({ name, samples }) => (samples.length === 0 ? [name] : []));
    const always = await withoutSamples();
    isReadable = false;
    const names = (await withoutSamples()).filter((name) => !always.includes(name));
    expect(names).toHaveLength(12);
    expect(names).toContain('newswire_sources');
    expect(names).toContain('newswire_poll_overdue_seconds');
    isReadable = true;
    expect(await withoutSamples()).toEqual(always);
  });

  it('name 50 webhooks, and give the others the largest backlog of them', async () => {
    const webhooks = Array.from({ length: 60 }, (_, index) => ({ ...webhook, id: `hook-${index}`, backlog: index }));
    const many = { ...unreadServer.figures, stored: async () => ({ ...stored, webhooks }) };
    const samples = await samplesOf({ figures: many }, 'newswire_webhook_backlog_events');
    expect(samples).toHaveLength(51);
    expect(samples.at(-1)).toBe('newswire_webhook_backlog_events{webhook="other"} 59');
  });
});
