import type { Alert, AlertKind, AlertReceiver } from '../../domain/alerts/alert.ts';
import type { ConfigProblem } from '../../domain/config-error.ts';
import { dayMs, minuteMs, secondMs } from '../../domain/durations.ts';
import type { StorageState } from '../../domain/storage.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { NetworkBreaker } from '../../schedule/network-breaker.ts';
import { readSourceFacts } from '../../store/alerts/alert-facts.ts';
import { readIncidents, writeIncidents } from '../../store/alerts/alert-incidents.ts';
import type { Db } from '../../store/engine/engine.ts';
import type { Store } from '../../store/engine/store.ts';
import { readWebhooks } from '../../store/log/webhook-states.ts';
import {
  type Evaluated,
  evaluateConfig,
  evaluateFailing,
  evaluateSilences,
  evaluateWebhooks,
} from './evaluate-incidents.ts';
import { storageAlert } from './incident-texts.ts';
import { SilenceWatch } from './silence-watch.ts';

/** Least time between two evaluations that polls cause, and the longest time between two. */
const minEvaluateMs = 2 * secondMs;
const maxEvaluateMs = minuteMs;
const silenceEveryMs = minuteMs;
/** Sources that were not polled since their problem ended are not reported again: back-off lasts up to a day. */
const rememberFailingMs = 7 * dayMs;
const rememberSilentMs = 365 * dayMs;

/** Dependencies of the monitor. */
export interface AlertMonitorParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly breaker: Pick<NetworkBreaker, 'isOpen'>;
  /** Called when alerts were stored. */
  onStored(): void;
  /** Sends an alert that cannot be stored. */
  sendNow(alert: Alert, receivers: readonly AlertReceiver[]): void;
}

/** Detects problems and their end, and stores an alert for each once. Does nothing while no receiver is declared. */
export class AlertMonitor {
  readonly #parts: AlertMonitorParts;
  readonly #silences = new SilenceWatch();
  #receivers: readonly AlertReceiver[] = [];
  #problems: readonly ConfigProblem[] = [];
  #fault: StorageState | null = null;
  #networkDownSinceMs: number | null = null;
  /** Whether something happened that may change a problem. */
  #isDirty = true;
  #hasFailing = true;
  #evaluatedMs = Number.NEGATIVE_INFINITY;
  #silencesMs = Number.NEGATIVE_INFINITY;

  constructor(parts: AlertMonitorParts) {
    this.#parts = parts;
  }

  /** Replaces the receivers. */
  setReceivers(receivers: readonly AlertReceiver[]): void {
    this.#receivers = receivers;
    this.#isDirty = true;
  }

  /** Reports the errors of the declarations; none: they are valid. */
  setProblems(problems: readonly ConfigProblem[]): void {
    this.#problems = problems;
    this.#isDirty = true;
  }

  /** Reports a finished poll. */
  recordPoll({ outcome }: { readonly outcome: string }): void {
    const isRead = outcome === 'fresh' || outcome === 'not-modified';
    if (!isRead || this.#hasFailing) this.#isDirty = true;
  }

  /** Looks for changes. To be called every second, one call at a time. */
  async check(): Promise<void> {
    if (this.#receivers.length === 0) return;
    this.#checkStorage();
    this.#checkNetwork();
    if (!this.#parts.store.storage.writable) return;
    const atMs = this.#parts.clock.monotonic();
    const elapsedMs = atMs - this.#evaluatedMs;
    if (elapsedMs >= maxEvaluateMs || (this.#isDirty && elapsedMs >= minEvaluateMs)) {
      // Before the evaluation: what happens during it causes another one.
      this.#isDirty = false;
      this.#evaluatedMs = atMs;
      await this.#store(await this.#parts.store.read((db) => this.#evaluate(db)));
    }
    if (atMs - this.#silencesMs >= silenceEveryMs) {
      this.#silencesMs = atMs;
      await this.#store(await this.#evaluateSilences());
    }
  }

  #checkStorage(): void {
    const { store, clock, publicUrl } = this.#parts;
    const fault = store.storage.state;
    if (fault?.fault === this.#fault?.fault && fault?.blocksWrites === this.#fault?.blocksWrites) return;
    const before = this.#fault;
    this.#fault = fault;
    const known = fault ?? before;
    if (known === null) return;
    const moment = { sinceMs: known.sinceMs, nowMs: clock.now(), publicUrl };
    this.#sendNow(storageAlert(known, fault === null ? 'ended' : 'started', moment));
  }

  #checkNetwork(): void {
    const { breaker, clock } = this.#parts;
    const isDown = breaker.isOpen();
    if (isDown === (this.#networkDownSinceMs !== null)) return;
    this.#networkDownSinceMs = isDown ? clock.now() : null;
    this.#isDirty = true;
  }

  async #evaluate(db: Db): Promise<Evaluated[]> {
    const { clock, publicUrl } = this.#parts;
    const moment = { nowMs: clock.now(), publicUrl };
    const read = (kind: 'failing' | 'webhook' | 'config', endedAfterMs = moment.nowMs) =>
      readIncidents(db, { kind, endedAfterMs });
    const failing = await read('failing', moment.nowMs - rememberFailingMs);
    const facts = { sources: await readSourceFacts(db), networkDownSinceMs: this.#networkDownSinceMs };
    const evaluated = evaluateFailing(failing, facts, moment);
    this.#hasFailing = failing.some(({ endedMs }) => endedMs === null) || evaluated.length > 0;
    return [
      ...evaluated,
      ...evaluateWebhooks(await read('webhook'), await readWebhooks(db), moment),
      ...evaluateConfig(await read('config'), this.#problems, moment),
    ];
  }

  /** Not in one snapshot: learning rhythms yields to the event loop. */
  async #evaluateSilences(): Promise<Evaluated[]> {
    const { store, clock, publicUrl } = this.#parts;
    const nowMs = clock.now();
    const db = store.reader;
    const incidents = await readIncidents(db, { kind: 'silent', endedAfterMs: nowMs - rememberSilentMs });
    const changes = await this.#silences.check(db, { sources: await readSourceFacts(db), incidents, nowMs });
    return evaluateSilences(changes, { nowMs, publicUrl });
  }

  async #store(evaluated: readonly Evaluated[]): Promise<void> {
    if (evaluated.length === 0) return;
    const { store, clock, log, onStored } = this.#parts;
    const alerts = evaluated.flatMap(({ alert }) =>
      alert === null ? [] : [{ alert, receivers: receiversOf(alert, this.#receivers) }],
    );
    const changes = evaluated.map(({ change }) => change);
    try {
      await writeIncidents(store, changes, { alerts, nowMs: clock.now() });
    } catch (error) {
      this.#isDirty = true;
      throw error;
    }
    for (const { alert } of alerts) log.info({ kind: alert.kind, state: alert.state }, `alert: ${alert.title}`);
    if (alerts.length > 0) onStored();
  }

  #sendNow(alert: Alert): void {
    this.#parts.log.info({ kind: alert.kind, state: alert.state }, `alert: ${alert.title}`);
    this.#parts.sendNow(alert, receiversOf(alert, this.#receivers));
  }
}

function receiversOf({ kind }: Alert, receivers: readonly AlertReceiver[]): readonly AlertReceiver[] {
  return receivers.filter(({ on }) => kind !== 'test' && on.includes(kind satisfies AlertKind));
}
