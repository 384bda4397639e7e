import { hourMs, minuteMs } from '../../domain/durations.ts';
import { isLocal } from '../../domain/polling/poll.ts';
import { type FailedPollFacts, type FailureCause, failureCause } from './failure-cause.ts';
import { isNetworkFailure } from './poll-backoff.ts';

/** The state of a declared source that decides whether it is reported. */
export interface PolledSource extends FailedPollFacts {
  readonly id: string;
  readonly title: string;
  /** With its port; the folder of a local file. */
  readonly host: string;
  /** Failures in a row, and since when. Null: none, or only answers 429 and 503. */
  readonly failures: number;
  readonly firstFailedMs: number | null;
  /** One line for the operator. */
  readonly detail: string | null;
  readonly lastAttemptMs: number | null;
  readonly lastSuccessMs: number | null;
  /** A confirmed 410: the source is not polled any more. */
  readonly isGone: boolean;
}

/** The stored detail of a reported problem: sources that fail together. */
export interface FailingDetail {
  /** `network`: our own network is down; `host`: sources of one host fail with one cause. */
  readonly scope: 'host' | 'network';
  readonly cause: FailureCause;
  readonly members: readonly string[];
  /** When the first of them was read again; null: none has been. */
  readonly firstRecoveredMs: number | null;
}

/** A reported problem. */
export interface FailingIncident {
  readonly id: number;
  readonly host: string;
  readonly sinceMs: number;
  /** Null: it persists. */
  readonly endedMs: number | null;
  readonly detail: FailingDetail;
}

/** What has to be stored and reported. */
export type FailingChange =
  | { readonly kind: 'open'; readonly host: string; readonly sinceMs: number; readonly detail: FailingDetail }
  /** Stored only: sources joined, or a first one recovered. */
  | { readonly kind: 'update'; readonly id: number; readonly detail: FailingDetail }
  | { readonly kind: 'close'; readonly incident: FailingIncident; readonly isReported: boolean };

/** The facts of one evaluation. */
export interface FailingFacts {
  /** All declared sources. */
  readonly sources: readonly PolledSource[];
  /** Since when the network breaker is open; null: it is closed. */
  readonly networkDownSinceMs: number | null;
  readonly nowMs: number;
}

const minFailures = 3;
const minFailingMs = 6 * hourMs;
/** Sources of a host that begin to fail within this time of each other are one problem. Covers an interval of a day. */
const joinWithinMs = 30 * hourMs;
/** A shorter outage of our network is not reported. */
const minNetworkDownMs = 2 * minuteMs;
/** So many hosts that fail while no other can be read are an outage of our network. */
const minNetworkHosts = 3;

/** The host of a network outage. */
const networkSubject = 'network';

/**
 * Compares the problems that were reported with the state of the sources. Sources of one host that fail with one cause
 * are one problem, and so are all hosts that fail while none can be read. Pure: evaluating again after the changes were
 * stored gives no change.
 *
 * @param known problems that persist, and those that ended within a week.
 */
export function nextFailingIncidents(known: readonly FailingIncident[], facts: FailingFacts): FailingChange[] {
  const state = new Evaluation(known, facts);
  state.closeOrUpdate();
  state.joinKnown();
  state.openNetwork();
  state.openHosts();
  return state.changes();
}

/** When a source began to fail. A source that was only throttled counts from its last attempt. */
function failedMs({ firstFailedMs, lastAttemptMs }: PolledSource): number {
  return firstFailedMs ?? lastAttemptMs ?? 0;
}

class Evaluation {
  readonly #facts: FailingFacts;
  readonly #byId: ReadonlyMap<string, PolledSource>;
  readonly #open: Map<number, FailingIncident>;
  readonly #changed = new Map<number, FailingChange>();
  readonly #opened: FailingChange[] = [];
  /** Failing sources that belong to no problem yet. */
  #fresh: readonly PolledSource[] = [];
  readonly #lastRemoteSuccessMs: number;
  readonly #ended: FailingIncident[];

  constructor(known: readonly FailingIncident[], facts: FailingFacts) {
    this.#facts = facts;
    this.#byId = new Map(facts.sources.map((source) => [source.id, source]));
    this.#open = new Map(known.filter(({ endedMs }) => endedMs === null).map((one) => [one.id, one]));
    this.#ended = known.filter(({ endedMs }) => endedMs !== null);
    const successes = facts.sources.map((source) => (isLocal(source) ? 0 : (source.lastSuccessMs ?? 0)));
    this.#lastRemoteSuccessMs = successes.reduce((latest, ms) => Math.max(latest, ms), 0);
  }

  changes(): FailingChange[] {
    return [...this.#changed.values(), ...this.#opened];
  }

  closeOrUpdate(): void {
    for (const incident of [...this.#open.values()]) {
      const status = this.#statusOf(incident);
      if (status.kind === 'open') this.#update(incident, status.firstRecoveredMs);
      else this.#close(incident, status.isReported);
    }
    this.#fresh = this.#freshSources();
  }

  /** Adds failing sources to the problems that they are part of, without another alert. */
  joinKnown(): void {
    for (const incident of [...this.#open.values()]) {
      const joining = this.#fresh.filter((source) => this.#belongsTo(source, incident));
      if (joining.length === 0) continue;
      const members = [...incident.detail.members, ...joining.map(({ id }) => id)];
      this.#store({ ...incident, detail: { ...incident.detail, members } });
      this.#remove(joining);
    }
  }

  openNetwork(): void {
    const { networkDownSinceMs, nowMs } = this.#facts;
    if ([...this.#open.values()].some(({ detail }) => detail.scope === 'network')) return;
    const failing = this.#fresh.filter((s) => isRemoteFailure(s) && failedMs(s) > this.#lastRemoteSuccessMs);
    const hosts = new Set(failing.map(({ host }) => host));
    const isSeen = hosts.size >= minNetworkHosts && failing.some((source) => this.#isWorthy(source));
    const isMeasured = networkDownSinceMs !== null && nowMs - networkDownSinceMs >= minNetworkDownMs;
    if (!isSeen && !isMeasured) return;
    const sinceMs = networkDownSinceMs ?? Math.min(...failing.map(failedMs));
    this.#openIncident(networkSubject, 'network', { sinceMs, cause: 'unreachable', members: failing });
  }

  openHosts(): void {
    // While our network is down, its failures say nothing about hosts.
    const isDown = this.#facts.networkDownSinceMs !== null;
    const candidates = this.#fresh.filter((source) => !(isDown && isRemoteFailure(source)));
    const groups = Map.groupBy(candidates, (source) => JSON.stringify([source.host, failureCause(source)]));
    for (const members of groups.values()) {
      const [first] = members;
      if (first === undefined || !members.some((source) => this.#isWorthy(source))) continue;
      const sinceMs = Math.min(...members.map(failedMs));
      this.#openIncident(first.host, 'host', { sinceMs, cause: failureCause(first), members });
    }
  }

  #statusOf(incident: FailingIncident): IncidentStatus {
    const { scope, cause, members, firstRecoveredMs } = incident.detail;
    if (scope === 'network') {
      const isBack = this.#facts.networkDownSinceMs === null && this.#lastRemoteSuccessMs > incident.sinceMs;
      return isBack ? { kind: 'ended', isReported: true } : { kind: 'open', firstRecoveredMs: null };
    }
    const present = members.flatMap((id) => this.#byId.get(id) ?? []);
    // Removed by the operator: nothing recovered.
    if (present.length === 0) return { kind: 'ended', isReported: false };
    const failing = present.filter(isFailing);
    if (failing.length === 0) return { kind: 'ended', isReported: true };
    const recovered = present.filter((source) => !isFailing(source));
    const successes = recovered.map(({ lastSuccessMs }) => lastSuccessMs ?? this.#facts.nowMs);
    const recoveredMs = recovered.length === 0 ? null : (firstRecoveredMs ?? Math.min(...successes));
    // The host works again when most sources were read and the others have not been polled since, or fail otherwise.
    const isOver =
      cause === 'unreachable' &&
      recoveredMs !== null &&
      recovered.length * 2 >= present.length &&
      failing.every((source) => (source.lastAttemptMs ?? 0) < recoveredMs || failureCause(source) !== cause);
    return isOver ? { kind: 'ended', isReported: true } : { kind: 'open', firstRecoveredMs: recoveredMs };
  }

  /** Failing sources that no problem contains, without those that were not polled since theirs ended. */
  #freshSources(): PolledSource[] {
    const members = new Set([...this.#open.values()].flatMap(({ detail }) => detail.members));
    const endedMs = new Map<string, number>();
    for (const incident of this.#ended) {
      for (const id of incident.detail.members) {
        endedMs.set(id, Math.max(endedMs.get(id) ?? 0, incident.endedMs ?? 0));
      }
    }
    return this.#facts.sources.filter(
      (source) =>
        isFailing(source) && !members.has(source.id) && (source.lastAttemptMs ?? 0) >= (endedMs.get(source.id) ?? 0),
    );
  }

  #belongsTo(source: PolledSource, { host, sinceMs, detail }: FailingIncident): boolean {
    if (detail.scope === 'host' && host === source.host && detail.cause === failureCause(source))
      return failedMs(source) <= sinceMs + joinWithinMs;
    // Since the first host failed, no host could be read: it was our network.
    const isAllDown =
      detail.cause === 'unreachable' && this.#lastRemoteSuccessMs < sinceMs && failedMs(source) >= sinceMs;
    return isAllDown && isRemoteFailure(source) && this.#isNetworkIncident(detail);
  }

  #isNetworkIncident({ scope, members }: FailingDetail): boolean {
    if (scope === 'network') return true;
    return members.some((id) => {
      const source = this.#byId.get(id);
      return source !== undefined && isRemoteFailure(source);
    });
  }

  #isWorthy(source: PolledSource): boolean {
    if (source.isGone || source.failures >= minFailures) return true;
    return source.firstFailedMs !== null && this.#facts.nowMs - source.firstFailedMs >= minFailingMs;
  }

  #update(incident: FailingIncident, firstRecoveredMs: number | null): void {
    if (incident.detail.firstRecoveredMs === firstRecoveredMs) return;
    this.#store({ ...incident, detail: { ...incident.detail, firstRecoveredMs } });
  }

  #store(incident: FailingIncident): void {
    this.#open.set(incident.id, incident);
    this.#changed.set(incident.id, { kind: 'update', id: incident.id, detail: incident.detail });
  }

  #close(incident: FailingIncident, isReported: boolean): void {
    this.#open.delete(incident.id);
    this.#ended.push({ ...incident, endedMs: this.#facts.nowMs });
    this.#changed.set(incident.id, { kind: 'close', incident, isReported });
  }

  #openIncident(
    host: string,
    scope: FailingDetail['scope'],
    { sinceMs, cause, members }: { sinceMs: number; cause: FailureCause; members: readonly PolledSource[] },
  ): void {
    const detail: FailingDetail = { scope, cause, members: members.map(({ id }) => id), firstRecoveredMs: null };
    this.#opened.push({ kind: 'open', host, sinceMs, detail });
    this.#remove(members);
  }

  #remove(sources: readonly PolledSource[]): void {
    const removed = new Set(sources);
    this.#fresh = this.#fresh.filter((source) => !removed.has(source));
  }
}

type IncidentStatus =
  | { readonly kind: 'open'; readonly firstRecoveredMs: number | null }
  | { readonly kind: 'ended'; readonly isReported: boolean };

function isFailing(source: PolledSource): boolean {
  return source.failures > 0 || source.isGone;
}

function isRemoteFailure(source: PolledSource): boolean {
  return !isLocal(source) && source.failure !== null && isNetworkFailure(source.failure);
}
