import { readSettings } from '../../config/environment/environment.ts';
import { nearestWord } from '../../config/problems/did-you-mean.ts';
import { readDeclarations } from '../../config/read-declarations.ts';
import { type AlertReceiver, type AlertReceiverState, alertKinds } from '../../domain/alerts/alert.ts';
import { displayUrl } from '../../domain/masking.ts';
import { attemptOutcome } from '../../push/alerts/alert-retry.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { formatRelativeTime } from '../output/format-duration.ts';
import { formatTable } from '../output/format-table.ts';
import { printJson } from '../output/print.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { withReadOnlyDatabase } from '../shared/open-database.ts';

/** Options of `newswire alerts` and `newswire alerts test`. */
export interface AlertsOptions {
  readonly json?: boolean;
}

const noReceivers = 'No receivers of alerts are declared. Add "alerts:" to a file in FEEDS_DIR; see docs/ALERTS.md.';

/** A declared receiver and its delivery state. */
interface ListedReceiver {
  readonly receiver: AlertReceiver;
  readonly state: AlertReceiverState;
}

/** `newswire alerts`: each declared receiver with its last delivery. */
export async function listAlerts(io: CliIo, options: AlertsOptions, clock: Clock = systemClock): Promise<number> {
  const { newState, readReceiverStates } = await import('../../store/alerts/alert-deliveries.ts');
  const receivers = await declaredReceivers(io);
  const states = await withReadOnlyDatabase(io, (store) => store.read(readReceiverStates));
  const listed = receivers.map((receiver) => ({ receiver, state: states.get(receiver.id) ?? newState(receiver.id) }));
  if (options.json) printJson(io, { alerts: listed.map(toJson) });
  else if (listed.length === 0) io.out(`${noReceivers}\n`);
  else io.out(receiverTable(listed, clock.now(), io.columns));
  return exitCodes.done;
}

/** The result of a test alert. */
interface TestResult {
  readonly receiver: AlertReceiver;
  readonly accepted: boolean;
  readonly status: number | null;
  readonly detail: string | null;
}

/**
 * `newswire alerts test [ID]`: sends a test alert to each receiver, or to one, and prints the result.
 *
 * @returns exit code 1 if a receiver did not accept it.
 */
export async function testAlerts(
  io: CliIo,
  id: string | undefined,
  options: AlertsOptions,
  clock: Clock = systemClock,
): Promise<number> {
  const receivers = chooseReceivers(await declaredReceivers(io), id);
  const results = await sendTests(io, receivers, clock);
  if (options.json) printJson(io, { alerts: results.map(testToJson) });
  else io.out(testTable(results, io.columns));
  return results.every(({ accepted }) => accepted) ? exitCodes.done : exitCodes.failed;
}

async function declaredReceivers(io: CliIo): Promise<readonly AlertReceiver[]> {
  return (await readDeclarations(readSettings(io.env).feedsDir, io.env)).alerts;
}

function chooseReceivers(all: readonly AlertReceiver[], id: string | undefined): readonly AlertReceiver[] {
  if (all.length === 0) throw new CommandError(noReceivers);
  if (id === undefined) return all;
  const found = all.filter((receiver) => receiver.id === id);
  if (found.length > 0) return found;
  const ids = all.map((receiver) => receiver.id);
  const meant = nearestWord(id, ids);
  const hint = meant === null ? '"newswire alerts" lists them' : `did you mean "${meant}"?`;
  throw new CommandError(`unknown receiver of alerts ${JSON.stringify(id)}; ${hint}`);
}

async function sendTests(io: CliIo, receivers: readonly AlertReceiver[], clock: Clock): Promise<TestResult[]> {
  // Loaded on demand: most commands send nothing.
  const { createAlertSender } = await import('../../server/alerts/alert-sender.ts');
  const { testAlert } = await import('../../server/alerts/incident-texts.ts');
  const settings = readSettings(io.env);
  const publicUrl = settings.publicUrl ?? `http://localhost:${settings.port}`;
  const sender = createAlertSender({ settings, clock, publicUrl });
  const nowMs = clock.now();
  const alert = testAlert({ sinceMs: nowMs, nowMs, publicUrl });
  try {
    return await Promise.all(
      receivers.map(async (receiver) => {
        const result = await sender.send(receiver, alert, new AbortController().signal);
        const context = { attempts: 0, expiresMs: Number.POSITIVE_INFINITY, nowMs, random: 0 };
        const { outcome, status, detail } = attemptOutcome(result, context);
        return { receiver, accepted: outcome === 'delivered', status, detail };
      }),
    );
  } finally {
    await sender.close();
  }
}

function receiverTable(listed: readonly ListedReceiver[], nowMs: number, columns: number | null): string {
  const head = [
    { title: 'ID', canShrink: true },
    { title: 'TYPE' },
    { title: 'ON', canShrink: true },
    { title: 'LAST DELIVERY' },
    { title: 'WAITING', align: 'right' },
    { title: 'STATE', canShrink: true },
  ] as const;
  const rows = listed.map(({ receiver, state }) => [
    receiver.id,
    receiver.type,
    receiver.on.length === alertKinds.length ? 'all' : receiver.on.join(', '),
    state.lastSuccessMs === null ? 'never' : formatRelativeTime(state.lastSuccessMs, nowMs),
    String(state.pending),
    stateOf(state),
  ]);
  return formatTable(head, rows, columns);
}

function stateOf({ lastOutcome, lastDetail, failures, dropped }: AlertReceiverState): string {
  const lost = dropped === 0 ? '' : `, ${dropped} dropped`;
  if (lastOutcome === null) return 'new';
  return failures === 0 ? `ok${lost}` : `failing x${failures}${lost}: ${lastDetail ?? ''}`;
}

function toJson({ receiver, state }: ListedReceiver): object {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    ...{ id: receiver.id, type: receiver.type, url: displayUrl(receiver), on: receiver.on },
    ...{ pending: state.pending, delivered: state.delivered, dropped: state.dropped, failures: state.failures },
    ...{ outcome: state.lastOutcome, status: state.lastStatus, detail: state.lastDetail },
    lastAttemptAt: iso(state.lastAttemptMs),
    lastSuccessAt: iso(state.lastSuccessMs),
  };
}

function testTable(results: readonly TestResult[], columns: number | null): string {
  const head = [
    { title: 'ID', canShrink: true },
    { title: 'TYPE' },
    { title: 'RESULT' },
    { title: 'NOTE', canShrink: true },
  ] as const;
  const rows = results.map(({ receiver, accepted, status, detail }) => [
    receiver.id,
    receiver.type,
    accepted ? 'accepted' : 'failed',
    detail ?? (status === null ? '' : `HTTP ${status}`),
  ]);
  return formatTable(head, rows, columns);
}

function testToJson({ receiver, accepted, status, detail }: TestResult): object {
  return { id: receiver.id, type: receiver.type, url: displayUrl(receiver), accepted, status, detail };
}
