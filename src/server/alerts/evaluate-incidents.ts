import type { Alert, Incident } from '../../domain/alerts/alert.ts';
import type { ConfigProblem } from '../../domain/config-error.ts';
import { minuteMs } from '../../domain/durations.ts';
import type { WebhookState } from '../../domain/events/webhook.ts';
import {
  type FailingDetail,
  type FailingIncident,
  nextFailingIncidents,
  type PolledSource,
} from '../../schedule/rules/failing-incidents.ts';
import type { IncidentChange } from '../../store/alerts/alert-incidents.ts';
import {
  type AlertMoment,
  configAlert,
  failingAlert,
  publishingAlert,
  recoveredAlert,
  silentAlert,
  webhookAlert,
} from './incident-texts.ts';
import type { SilenceChange } from './silence-watch.ts';

/** A webhook that fails is reported after this time and number of failures; one that is suspended at once. */
const minWebhookFailingMs = 10 * minuteMs;
const minWebhookFailures = 3;

const configSubject = 'FEEDS_DIR';

/** A change of the stored problems, and the alert about it; null: the operator need not know. */
export interface Evaluated {
  readonly change: IncidentChange;
  readonly alert: Alert | null;
}

/** The time of an evaluation and the address of this server. */
export type EvaluationMoment = Omit<AlertMoment, 'sinceMs'>;

/** Compares failing sources with the problems that were reported. */
export function evaluateFailing(
  known: readonly Incident[],
  facts: { readonly sources: readonly PolledSource[]; readonly networkDownSinceMs: number | null },
  moment: EvaluationMoment,
): Evaluated[] {
  const byId = new Map(facts.sources.map((source) => [source.id, source]));
  const membersOf = ({ members }: FailingDetail): PolledSource[] => members.flatMap((id) => byId.get(id) ?? []);
  const incidents = known.map(toFailing);
  return nextFailingIncidents(incidents, { ...facts, nowMs: moment.nowMs }).map((change): Evaluated => {
    if (change.kind === 'update') return { change, alert: null };
    if (change.kind === 'open') {
      const { host, sinceMs, detail } = change;
      const alert = failingAlert({ host, detail, members: membersOf(detail) }, { ...moment, sinceMs });
      return { change: { kind: 'open', incident: { kind: 'failing', subject: host, sinceMs, detail } }, alert };
    }
    const { id, host, sinceMs, detail } = change.incident;
    const texts = { host, detail, members: membersOf(detail) };
    const alert = change.isReported ? recoveredAlert(texts, { ...moment, sinceMs }) : null;
    return { change: { kind: 'close', id }, alert };
  });
}

function toFailing({ id, subject, sinceMs, endedMs, detail }: Incident): FailingIncident {
  // Written by `evaluateFailing`.
  return { id, host: subject, sinceMs, endedMs, detail: detail as FailingDetail };
}

/** Compares the state of webhooks with what was reported. */
export function evaluateWebhooks(
  known: readonly Incident[],
  webhooks: readonly WebhookState[],
  moment: EvaluationMoment,
): Evaluated[] {
  const open = new Map(known.filter(({ endedMs }) => endedMs === null).map((one) => [one.subject, one]));
  const declared = webhooks.filter(({ removedMs }) => removedMs === null);
  const changes: Evaluated[] = [];
  for (const incident of open.values()) {
    const webhook = declared.find(({ id }) => id === incident.subject);
    const change: IncidentChange = { kind: 'close', id: incident.id };
    if (webhook === undefined) changes.push({ change, alert: null });
    // After "resume" there are no failures: it works again when a delivery was accepted.
    else if (webhook.failures === 0 && webhook.pausedMs === null && hasSucceeded(webhook, incident)) {
      changes.push({ change, alert: webhookAlert(webhook, 'ended', { ...moment, sinceMs: incident.sinceMs }) });
    }
  }
  for (const webhook of declared) {
    if (open.has(webhook.id) || !isReportable(webhook, moment.nowMs)) continue;
    const sinceMs = webhook.firstFailedMs ?? webhook.pausedMs ?? moment.nowMs;
    const incident = { kind: 'webhook', subject: webhook.id, sinceMs, detail: {} } as const;
    const alert = webhookAlert(webhook, 'started', { ...moment, sinceMs });
    changes.push({ change: { kind: 'open', incident }, alert });
  }
  return changes;
}

function hasSucceeded({ lastSuccessMs }: WebhookState, { sinceMs }: Incident): boolean {
  return lastSuccessMs !== null && lastSuccessMs > sinceMs;
}

function isReportable({ pausedMs, failures, firstFailedMs }: WebhookState, nowMs: number): boolean {
  if (pausedMs !== null) return true;
  return failures >= minWebhookFailures && firstFailedMs !== null && nowMs - firstFailedMs >= minWebhookFailingMs;
}

/** Compares the errors of the declarations with what was reported. */
export function evaluateConfig(
  known: readonly Incident[],
  problems: readonly ConfigProblem[],
  moment: EvaluationMoment,
): Evaluated[] {
  const open = known.find(({ endedMs }) => endedMs === null);
  const { nowMs } = moment;
  if (open === undefined && problems.length > 0) {
    const incident = { kind: 'config', subject: configSubject, sinceMs: nowMs, detail: {} } as const;
    return [{ change: { kind: 'open', incident }, alert: configAlert(problems, { ...moment, sinceMs: nowMs }) }];
  }
  if (open === undefined || problems.length > 0) return [];
  return [{ change: { kind: 'close', id: open.id }, alert: configAlert([], { ...moment, sinceMs: open.sinceMs }) }];
}

/**
 * One alert for all sources that became silent since the last check, and one for those that publish again: after a start,
 * many dormant sources may be found at once.
 */
export function evaluateSilences(changes: readonly SilenceChange[], moment: EvaluationMoment): Evaluated[] {
  const opened = changes.filter((change) => change.kind === 'open');
  const closed = changes.filter((change) => change.kind === 'close');
  const publishing = closed.flatMap(({ source }) => source ?? []);
  const sinceMs = Math.min(...closed.map(({ incident }) => incident.sinceMs));
  const started = opened.length === 0 ? null : silentAlert(opened, moment);
  const ended = publishing.length === 0 ? null : publishingAlert(publishing, { ...moment, sinceMs });
  return [
    ...opened.map(({ source, sinceMs: lastPostMs }, index): Evaluated => {
      const incident = { kind: 'silent', subject: source.id, sinceMs: lastPostMs, detail: {} } as const;
      return { change: { kind: 'open', incident }, alert: index === 0 ? started : null };
    }),
    ...closed.map(({ incident }, index): Evaluated => {
      return { change: { kind: 'close', id: incident.id }, alert: index === 0 ? ended : null };
    }),
  ];
}
