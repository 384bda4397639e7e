import { describe, expect, it } from 'vitest';
import type { RefreshResult } from '../../src/domain/polling/poll.ts';
import type { StorageState } from '../../src/domain/storage.ts';
import { createMetrics, type LiveSide, type Metrics, maxSourceLabels } from '../../src/server/metrics-registry.ts';
import { createFanOutHarness } from '../support/push/fan-out-harness.ts';
import { MemoryLog } from '../support/push/memory-log.ts';

const clock = { now: () => 5000, monotonic: () => 5000 };

const result: RefreshResult = { sourceId: 'a', outcome: 'fresh', failure: null, added: 2, updated: 1, head: 3 };

/** The lines of one metric. */
async function lines(metrics: Metrics, name: string): Promise<string[]> {
  return (await metrics.read()).split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'));
}

describe('the metrics', () => {
  it('count polls by outcome, failures by code, and items', async () => {
    const metrics = createMetrics(clock);
    metrics.polled(result);
    metrics.polled({ ...result, added: 3 });
    metrics.polled({ ...result, outcome: 'failed', failure: 'dns_error', added: 0, updated: 0 });
    expect(await lines(metrics, 'newswire_poll')).toEqual([
      'newswire_polls_total{outcome="fresh"} 2',
      'newswire_polls_total{outcome="failed"} 1',
      'newswire_poll_failures_total{failure="dns_error"} 1',
    ]);
    expect(await lines(metrics, 'newswire_items')).toEqual([
      'newswire_items_added_total 5',
      'newswire_items_updated_total 2',
    ]);
  });

  it('count pushes of hubs, and their items together with those of polls', async () => {
    const metrics = createMetrics(clock);
    metrics.polled(result);
    metrics.pushed({ added: 4, updated: 0 });
    expect(await lines(metrics, 'newswire_websub_pushes_total')).toEqual(['newswire_websub_pushes_total 1']);
    expect(await lines(metrics, 'newswire_items_added_total')).toEqual(['newswire_items_added_total 6']);
  });

  it('count deliveries to WebSub subscribers by outcome', async () => {
    const metrics = createMetrics(clock);
    for (const outcome of ['delivered', 'delivered', 'gone']) metrics.webSubDelivered(outcome);
    expect(await lines(metrics, 'newswire_websub_deliveries')).toEqual([
      'newswire_websub_deliveries_total{outcome="delivered"} 2',
      'newswire_websub_deliveries_total{outcome="gone"} 1',
    ]);
  });

  it('count deliveries to webhooks by outcome', async () => {
    const metrics = createMetrics(clock);
    for (const outcome of ['delivered', 'failed', 'delivered']) metrics.webhookDelivered(outcome);
    expect(await lines(metrics, 'newswire_webhook')).toEqual([
      'newswire_webhook_deliveries_total{outcome="delivered"} 2',
      'newswire_webhook_deliveries_total{outcome="failed"} 1',
    ]);
  });

  it('query the live connections when they are scraped, and not before', async () => {
    const metrics = createMetrics(clock);
    const sessions = { ws: 0, sse: 0 };
    const live: LiveSide = {
      sessions: { count: (transport) => sessions[transport], closes: new Map([[4001, 2]]) },
      fanOut: { size: 7, resets: new Map([['cursor_too_old', 3]]) },
      tail: { holes: 0 },
    };
    metrics.watchLive(live);
    sessions.ws = 4;
    expect(await lines(metrics, 'newswire_live_s')).toEqual([
      'newswire_live_sessions{transport="ws"} 4',
      'newswire_live_sessions{transport="sse"} 0',
      'newswire_live_subscriptions 7',
    ]);
    // Scraped twice: external counts are not added up.
    await metrics.read();
    expect(await lines(metrics, 'newswire_live_resets')).toEqual([
      'newswire_live_resets_total{reason="cursor_too_old"} 3',
    ]);
    expect(await lines(metrics, 'newswire_live_closes')).toEqual(['newswire_live_closes_total{code="4001"} 2']);
    expect(await lines(metrics, 'newswire_hole')).toEqual(['newswire_hole_detected_total 0']);
  });

  it('report live deliveries in a cumulative histogram', async () => {
    const metrics = createMetrics(clock);
    for (const seconds of [0.0005, 0.003, 0.003, 99]) metrics.freshness.commitToWrite.observe(seconds);
    const found = await lines(metrics, 'newswire_live_commit_to_write_seconds');
    expect(found).toContain('newswire_live_commit_to_write_seconds_bucket{le="0.001"} 1');
    expect(found).toContain('newswire_live_commit_to_write_seconds_bucket{le="0.005"} 3');
    expect(found).toContain('newswire_live_commit_to_write_seconds_bucket{le="10"} 3');
    expect(found).toContain('newswire_live_commit_to_write_seconds_bucket{le="+Inf"} 4');
    expect(found).toContain('newswire_live_commit_to_write_seconds_count 4');
    expect(found.find((line) => line.includes('_sum'))).toMatch(/ 99\.0065$/);
  });

  it('name 50 sources, and count the rest as one', async () => {
    const metrics = createMetrics(clock);
    const log = new MemoryLog();
    const harness = await createFanOutHarness(log);
    metrics.freshness.followTail(harness.tail);
    for (let source = 0; source < 200; source += 1) {
      metrics.freshness.recordFetch(`s${source}`);
      log.append({ atMs: 5000, body: JSON.stringify({ id: 1, source: { id: `s${source}` }, publishedAt: null }) });
    }
    await harness.publish(0);
    const counts = await lines(metrics, 'newswire_fetched_to_stored_seconds_count');
    expect(counts).toHaveLength(maxSourceLabels + 1);
    expect(counts).toContain(`newswire_fetched_to_stored_seconds_count{source="other"} ${200 - maxSourceLabels}`);
  });

  it('report memory, CPU and event-loop delay of the process', async () => {
    const text = await createMetrics(clock).read();
    for (const name of [
      'process_resident_memory_bytes',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_p99_seconds',
    ]) {
      expect(text).toContain(`# TYPE ${name} `);
    }
  });

  it("report the fault of the database's storage", async () => {
    const metrics = createMetrics(clock);
    const storage: { state: StorageState | null } = { state: null };
    metrics.watchStorage(storage);
    expect(await lines(metrics, 'newswire_storage_fault')).toEqual(
      ['full', 'read_only', 'locked', 'malformed', 'io_error'].map(
        (fault) => `newswire_storage_fault{fault="${fault}"} 0`,
      ),
    );
    storage.state = { fault: 'locked', sinceMs: 0, blocksWrites: true };
    expect(await lines(metrics, 'newswire_storage_fault')).toContain('newswire_storage_fault{fault="locked"} 1');
  });

  it('belong to one server: two servers in a process do not share them', async () => {
    const [one, other] = [createMetrics(clock), createMetrics(clock)];
    one.polled(result);
    expect(await lines(other, 'newswire_polls_total')).toEqual([]);
  });
});
