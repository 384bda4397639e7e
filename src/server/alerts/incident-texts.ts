import { type Alert, type AlertSource, maxAlertSources, maxAlertText } from '../../domain/alerts/alert.ts';
import type { ConfigProblem } from '../../domain/config-error.ts';
import { formatDuration } from '../../domain/durations.ts';
import type { WebhookState } from '../../domain/events/webhook.ts';
import { type StorageState, storageAdvice } from '../../domain/storage.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import type { FailingDetail, PolledSource } from '../../schedule/rules/failing-incidents.ts';
import { causeRemedies } from '../../schedule/rules/failure-cause.ts';

/** When a problem began, when its alert is raised, and the address of this server without a trailing slash. */
export interface AlertMoment {
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly publicUrl: string;
}

/** The texts of an alert before they are cleaned. */
interface Texts extends Pick<Alert, 'kind' | 'state' | 'title'> {
  readonly reason?: string | null;
  readonly remedy?: string | null;
  readonly sources?: readonly AlertSource[];
}

/** Builds an alert: every text becomes one line without control characters, and is bounded. */
function alertOf({ kind, state, title, reason, remedy, sources = [] }: Texts, moment: AlertMoment): Alert {
  const clean = (text: string): string => cleanLine(text, maxAlertText);
  const cleanOrNull = (text: string | null | undefined): string | null => (text ? clean(text) : null);
  const [only, ...others] = sources;
  const path = only !== undefined && others.length === 0 ? `/sources/${encodeURIComponent(only.id)}` : '/status';
  return {
    ...{ kind, state, title: clean(title), reason: cleanOrNull(reason), remedy: cleanOrNull(remedy) },
    link: `${moment.publicUrl}${path}`,
    sinceMs: Math.round(moment.sinceMs),
    atMs: moment.nowMs,
    sources: sources.slice(0, maxAlertSources).map(({ id, title: name }) => ({ id, title: clean(name) })),
    sourceCount: sources.length,
  };
}

/** Sources that fail together, or whose problem is over. */
export interface FailingTexts {
  readonly host: string;
  readonly detail: Pick<FailingDetail, 'scope' | 'cause'>;
  /** Those that are still declared. */
  readonly members: readonly PolledSource[];
}

/** The alert that sources fail. */
export function failingAlert({ host, detail, members }: FailingTexts, moment: AlertMoment): Alert {
  const reason = reasonOf(members);
  const started = { kind: 'failing', state: 'started', reason, sources: members } as const;
  if (detail.scope === 'network') {
    const remedy = 'Check the network connection, the DNS and the firewall of this server';
    return alertOf({ ...started, title: 'The network of the server is down', remedy }, moment);
  }
  const [first] = members;
  const title =
    members.length === 1 && first !== undefined
      ? `${first.title} cannot be read`
      : `${host}: ${members.length} sources cannot be read`;
  return alertOf({ ...started, title, remedy: causeRemedies[detail.cause] }, moment);
}

/** The alert that sources are read again. */
export function recoveredAlert({ host, detail, members }: FailingTexts, moment: AlertMoment): Alert {
  const ended = { kind: 'recovered', state: 'ended', sources: members } as const;
  if (detail.scope === 'network') return alertOf({ ...ended, title: 'The network of the server works again' }, moment);
  const [first] = members;
  if (members.length === 1 && first !== undefined)
    return alertOf({ ...ended, title: `${first.title} is read again` }, moment);
  const waiting = members.filter(({ failures }) => failures > 0).length;
  const reason = waiting === 0 ? null : `${waiting} of them still fail or wait for their next poll`;
  return alertOf({ ...ended, title: `${host}: ${members.length} sources are read again`, reason }, moment);
}

/** The reason of most members, with its failure code. */
function reasonOf(members: readonly PolledSource[]): string | null {
  const groups = [...Map.groupBy(members, ({ failure, status }) => failure ?? `HTTP ${status ?? '?'}`)];
  const [code, same] = groups.sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
  if (code === undefined || same === undefined) return null;
  const detail = same.find((source) => source.detail !== null)?.detail ?? null;
  return detail === null ? code : `${code}: ${detail}`;
}

/** A silent source, and the silence that its rhythm allows. */
export interface SilentSource {
  readonly source: AlertSource;
  readonly sinceMs: number;
  readonly allowedMs: number;
}

/** The alert that sources bring nothing. */
export function silentAlert(silent: readonly SilentSource[], moment: Omit<AlertMoment, 'sinceMs'>): Alert {
  const [first] = silent;
  const sinceMs = Math.min(...silent.map((one) => one.sinceMs));
  const isOne = silent.length === 1 && first !== undefined;
  const reason = isOne
    ? `No new item for ${formatDuration(moment.nowMs - sinceMs)}. By its rhythm, one is likely within ${formatDuration(first.allowedMs)}`
    : 'None of them has brought an item for longer than its rhythm makes likely';
  const remedy = 'Open the site of the publisher: the feed may have moved or may no longer be maintained';
  const title = isOne ? `${first.source.title} is silent` : `${silent.length} sources are silent`;
  const sources = silent.map(({ source }) => source);
  return alertOf({ kind: 'silent', state: 'started', title, reason, remedy, sources }, { ...moment, sinceMs });
}

/** The alert that silent sources publish again. */
export function publishingAlert(sources: readonly AlertSource[], moment: AlertMoment): Alert {
  const [first] = sources;
  const isOne = sources.length === 1 && first !== undefined;
  const title = isOne ? `${first.title} publishes again` : `${sources.length} sources publish again`;
  return alertOf({ kind: 'silent', state: 'ended', title, sources }, moment);
}

/** The alert that the declarations in FEEDS_DIR are refused, or valid again. */
export function configAlert(problems: readonly ConfigProblem[], moment: AlertMoment): Alert {
  const [first, ...others] = problems;
  if (first === undefined)
    return alertOf({ kind: 'config', state: 'ended', title: 'The configuration is valid again' }, moment);
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const reason = `${first.where}: ${first.what}${more}. The previous configuration stays active`;
  const title = 'The configuration is refused';
  return alertOf({ kind: 'config', state: 'started', title, reason, remedy: first.remedy }, moment);
}

/** The alert that a webhook is suspended or fails, or that it works again. */
export function webhookAlert(webhook: WebhookState, state: Alert['state'], moment: AlertMoment): Alert {
  const { id, pausedMs, lastDetail, failures } = webhook;
  if (state === 'ended') return alertOf({ kind: 'webhook', state, title: `The webhook ${id} works again` }, moment);
  const isPaused = pausedMs !== null;
  const remedy = isPaused
    ? `Correct the receiver, then run "newswire webhooks resume ${id}"`
    : 'Check the receiver. Deliveries are retried and continue where they stopped';
  const title = isPaused ? `The webhook ${id} is suspended` : `The webhook ${id} fails`;
  const reason = lastDetail ?? `${failures} failed deliveries`;
  return alertOf({ kind: 'webhook', state, title, reason, remedy }, moment);
}

/** The alert that the database cannot be written, or that it can again. */
export function storageAlert(storage: StorageState, state: Alert['state'], moment: AlertMoment): Alert {
  if (state === 'ended') return alertOf({ kind: 'disk', state, title: 'The database works again' }, moment);
  const { what, remedy } = storageAdvice[storage.fault];
  const title = storage.blocksWrites ? 'Nothing can be stored' : 'A part of the database cannot be read';
  return alertOf({ kind: 'disk', state, title, reason: what, remedy }, moment);
}

/** The alert that "newswire alerts test" sends. */
export function testAlert(moment: AlertMoment): Alert {
  const reason = 'The operator sent it with "newswire alerts test"';
  return alertOf({ kind: 'test', state: 'started', title: 'A test alert of Newswire', reason }, moment);
}
