import { describe, expect, it } from 'vitest';
import type { Alert, AlertReceiver } from '../../../src/domain/alerts/alert.ts';
import { dayMs, hourMs, minuteMs } from '../../../src/domain/durations.ts';
import type { StorageState } from '../../../src/domain/storage.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { AlertMonitor } from '../../../src/server/alerts/alert-monitor.ts';
import { readPendingAlert, writeAlertAttempt } from '../../../src/store/alerts/alert-deliveries.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { declareWebhooks, readWebhook, updateWebhookState } from '../../../src/store/log/webhook-states.ts';
import { engines, withStore } from '../../contract/test-engines.ts';
import { aReceiver } from '../../push/alerts/alert-samples.ts';
import { anItemDraft, aSource, noon } from '../../support/builders.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { StoreFixture } from '../../support/store-fixture.ts';

const receiver = aReceiver();
const [engine] = engines;

/** A monitor over a real store, with a clock that the test advances. */
class MonitorFixture {
  readonly clock = createFakeClock(noon);
  readonly fixture: StoreFixture;
  readonly sentNow: Alert[] = [];
  storage: StorageState | null = null;
  isNetworkDown = false;
  receivers: readonly AlertReceiver[] = [receiver];
  readonly #store: Store;
  #monitor: AlertMonitor;

  constructor(store: Store) {
    this.#store = store;
    this.fixture = new StoreFixture(store);
    this.#monitor = this.restart();
  }

  get monitor(): AlertMonitor {
    return this.#monitor;
  }

  /** Replaces the monitor by a new one, as a restart of the server does. */
  restart(): AlertMonitor {
    const fixture = this;
    const storage = {
      ...this.#store.storage,
      get state() {
        return fixture.storage;
      },
      get writable() {
        return fixture.storage?.blocksWrites !== true;
      },
    };
    this.#monitor = new AlertMonitor({
      ...{ clock: this.clock, log: silentLog, publicUrl: 'https://news.example.org' },
      store: { ...this.#store, storage },
      breaker: { isOpen: () => fixture.isNetworkDown },
      onStored: () => {},
      sendNow: (alert) => void fixture.sentNow.push(alert),
    });
    this.#monitor.setReceivers(this.receivers);
    return this.#monitor;
  }

  /** Lets time pass, evaluates, and returns the alerts that were stored, which count as delivered. */
  async check(afterMs = 2 * minuteMs): Promise<Alert[]> {
    await this.clock.advance(afterMs);
    await this.#monitor.check();
    const alerts: Alert[] = [];
    for (;;) {
      const pending = await readPendingAlert(this.#store.reader, receiver.id);
      if (pending === null) return alerts;
      alerts.push(pending.alert);
      const attempt = { outcome: 'delivered', status: 204, detail: null, atMs: this.clock.now() } as const;
      await writeAlertAttempt(
        this.#store,
        { receiver: receiver.id, id: pending.id },
        { ...attempt, nextAttemptMs: this.clock.now() },
      );
    }
  }

  async setSource(id: string, failures: number): Promise<void> {
    const nowMs = this.clock.now();
    const failed = { last_outcome: 'failed', last_failure: 'connect_error', first_failed_ms: nowMs } as const;
    const read = { last_outcome: 'fresh', last_failure: null, first_failed_ms: null, last_success_ms: nowMs } as const;
    await this.#store.write((tx) =>
      tx
        .updateTable('source')
        .set({ failures, last_attempt_ms: nowMs, ...(failures > 0 ? failed : read) })
        .where('id', '=', id)
        .execute(),
    );
  }
}

async function withMonitor(work: (fixture: MonitorFixture, store: Store) => Promise<void>): Promise<void> {
  if (engine === undefined) throw new Error('no engine');
  await withStore(engine, (store) => work(new MonitorFixture(store), store));
}

const titles = (alerts: readonly Alert[]): string[] => alerts.map(({ kind, title }) => `${kind}: ${title}`);

describe('the monitor', () => {
  it('reports a failing source and its recovery once, also across restarts', () =>
    withMonitor(async (monitor) => {
      await monitor.fixture.declare([aSource('a'), aSource('b')]);
      await monitor.setSource('b', 0);
      await monitor.setSource('a', 3);
      const [alert, ...others] = await monitor.check();
      expect(others).toEqual([]);
      expect(alert).toMatchObject({
        ...{ kind: 'failing', state: 'started', title: 'A cannot be read', sourceCount: 1 },
        ...{ reason: 'connect_error', link: 'https://news.example.org/sources/a' },
      });
      monitor.restart();
      await monitor.setSource('a', 4);
      expect(await monitor.check()).toEqual([]);
      await monitor.setSource('a', 0);
      monitor.restart();
      expect(titles(await monitor.check())).toEqual(['recovered: A is read again']);
      monitor.restart();
      expect(await monitor.check()).toEqual([]);
    }));

  it('sends each alert to the receivers that asked for its kind', () =>
    withMonitor(async (monitor, store) => {
      monitor.receivers = [
        { ...receiver, on: ['recovered'] },
        { ...aReceiver('phone'), on: ['failing'] },
      ];
      monitor.restart();
      await monitor.fixture.declare([aSource('a')]);
      await monitor.setSource('a', 3);
      expect(await monitor.check()).toEqual([]);
      expect((await readPendingAlert(store.reader, 'phone'))?.alert.kind).toBe('failing');
      await monitor.setSource('a', 0);
      expect(titles(await monitor.check())).toEqual(['recovered: A is read again']);
    }));

  it('reports an outage of the network that lasts two minutes, and its end', () =>
    withMonitor(async (monitor) => {
      await monitor.fixture.declare([aSource('a')]);
      await monitor.setSource('a', 0);
      monitor.isNetworkDown = true;
      expect(await monitor.check()).toEqual([]);
      expect(titles(await monitor.check())).toEqual(['failing: The network of the server is down']);
      expect(await monitor.check(hourMs)).toEqual([]);
      monitor.isNetworkDown = false;
      await monitor.setSource('a', 0);
      expect(titles(await monitor.check())).toEqual(['recovered: The network of the server works again']);
    }));

  it('reports a refused configuration with its error, and when it is valid again', () =>
    withMonitor(async (monitor) => {
      const problem = { where: 'a.yaml:2', what: 'url is missing', remedy: 'Write one' };
      monitor.monitor.setProblems([problem, problem]);
      const [alert] = await monitor.check();
      expect(alert).toMatchObject({
        ...{ kind: 'config', title: 'The configuration is refused', remedy: 'Write one' },
        reason: 'a.yaml:2: url is missing, and 1 more. The previous configuration stays active',
        link: 'https://news.example.org/status',
      });
      monitor.monitor.setProblems([problem]);
      expect(await monitor.check()).toEqual([]);
      monitor.monitor.setProblems([]);
      expect(titles(await monitor.check())).toEqual(['config: The configuration is valid again']);
    }));

  it('reports a storage fault without storing anything, and its end', () =>
    withMonitor(async (monitor) => {
      monitor.storage = { fault: 'full', sinceMs: noon, blocksWrites: true };
      await monitor.check();
      await monitor.check();
      expect(monitor.sentNow).toMatchObject([
        { kind: 'disk', state: 'started', title: 'Nothing can be stored', reason: 'the disk of the database is full' },
      ]);
      monitor.storage = null;
      await monitor.check();
      expect(monitor.sentNow[1]).toMatchObject({ kind: 'disk', state: 'ended', sinceMs: noon });
    }));

  it('reports a webhook that is suspended, and one that fails for ten minutes', () =>
    withMonitor(async (monitor, store) => {
      const url = 'https://example.org/hook';
      await declareWebhooks(
        store,
        [
          { id: 'gone', url },
          { id: 'down', url: `${url}2` },
        ],
        noon,
      );
      const set = async (id: string, over: object): Promise<void> => {
        const before = await readWebhook(store.reader, id);
        if (before === null) throw new Error(id);
        await updateWebhookState(store, before, { ...before, ...over });
      };
      await set('gone', { failures: 1, firstFailedMs: noon, pausedMs: noon, lastDetail: 'HTTP 410' });
      await set('down', { failures: 5, firstFailedMs: noon, lastDetail: 'HTTP 500' });
      expect(titles(await monitor.check())).toEqual(['webhook: The webhook gone is suspended']);
      expect(titles(await monitor.check(9 * minuteMs))).toEqual(['webhook: The webhook down fails']);
      await set('gone', { failures: 0, firstFailedMs: null, pausedMs: null });
      expect(await monitor.check()).toEqual([]);
      await set('gone', { lastSuccessMs: monitor.clock.now() });
      await declareWebhooks(store, [{ id: 'gone', url }], monitor.clock.now());
      expect(titles(await monitor.check())).toEqual(['webhook: The webhook gone works again']);
    }));

  it('stores nothing while no receiver is declared', () =>
    withMonitor(async (monitor, store) => {
      await monitor.fixture.declare([aSource('a')]);
      await monitor.setSource('a', 3);
      monitor.receivers = [];
      monitor.restart();
      await monitor.check();
      expect(await store.reader.selectFrom('alert_incident').selectAll().execute()).toEqual([]);
    }));
});

function aPost(monitor: MonitorFixture, name: string) {
  return anItemDraft(name, { publishedMs: monitor.clock.now() });
}

describe('a silent source', () => {
  /** Stores one new item a day for some weeks, and leaves the clock at the last of them. */
  async function postDaily(monitor: MonitorFixture, days: number, ids = ['daily']): Promise<void> {
    await monitor.fixture.declare(ids.map((id) => aSource(id)));
    await monitor.fixture.open(...ids);
    for (let index = 0; index < days; index += 1) {
      await monitor.clock.advance(dayMs);
      for (const id of ids) {
        await monitor.fixture.read(id, [aPost(monitor, `day ${index} of ${id}`)], monitor.clock.now());
      }
    }
  }

  it('is reported when it was read after its rhythm made a post likely, and when it posts again', () =>
    withMonitor(async (monitor) => {
      await postDaily(monitor, 30);
      const lastPostMs = monitor.clock.now();
      expect(await monitor.check(dayMs)).toEqual([]);
      // The server did not poll: silence shows nothing.
      expect(await monitor.check(4 * dayMs)).toEqual([]);
      await monitor.fixture.read('daily', [], monitor.clock.now());
      const [alert] = await monitor.check();
      expect(alert).toMatchObject({
        ...{ kind: 'silent', state: 'started', title: 'DAILY is silent', sinceMs: lastPostMs },
        link: 'https://news.example.org/sources/daily',
      });
      expect(alert?.reason).toMatch(/^No new item for 5 d.*\. By its rhythm, one is likely within (1 d \d+ h|2 d)/);
      monitor.restart();
      await monitor.fixture.read('daily', [], monitor.clock.now());
      expect(await monitor.check()).toEqual([]);
      await monitor.fixture.read('daily', [aPost(monitor, 'again')], monitor.clock.now());
      expect(titles(await monitor.check(hourMs))).toEqual(['silent: DAILY publishes again']);
      monitor.restart();
      expect(await monitor.check()).toEqual([]);
    }));

  it('is one alert together with others that are found at once', () =>
    withMonitor(async (monitor) => {
      await postDaily(monitor, 30, ['a', 'b', 'c']);
      await monitor.clock.advance(6 * dayMs);
      for (const id of ['a', 'b', 'c']) await monitor.fixture.read(id, [], monitor.clock.now());
      const [alert, ...others] = await monitor.check();
      expect(alert).toMatchObject({ title: '3 sources are silent', sourceCount: 3, sources: [{ id: 'a' }, {}, {}] });
      expect(others).toEqual([]);
      await monitor.fixture.read('a', [aPost(monitor, 'again')], monitor.clock.now());
      expect(titles(await monitor.check(hourMs))).toEqual(['silent: A publishes again']);
    }));

  it('is not reported while it fails', () =>
    withMonitor(async (monitor) => {
      await postDaily(monitor, 30);
      await monitor.clock.advance(6 * dayMs);
      await monitor.setSource('daily', 1);
      expect(await monitor.check()).toEqual([]);
    }));

  it('is forgotten when it is not declared any more', () =>
    withMonitor(async (monitor) => {
      await postDaily(monitor, 30);
      await monitor.clock.advance(6 * dayMs);
      await monitor.fixture.read('daily', [], monitor.clock.now());
      expect(await monitor.check()).toHaveLength(1);
      await monitor.fixture.declare([], monitor.clock.now());
      expect(await monitor.check()).toEqual([]);
    }));
});
