import { nearestWord } from '../../config/problems/did-you-mean.ts';
import { type Cursor, formatCursor, type LogBounds, parseCursor } from '../../domain/events/event.ts';
import { type WebhookState, webhookCondition } from '../../domain/events/webhook.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import type { Store } from '../../store/engine/store.ts';
import { formatRelativeTime } from '../output/format-duration.ts';
import { formatTable } from '../output/format-table.ts';
import { printJson } from '../output/print.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { withDatabase, withReadOnlyDatabase } from '../shared/open-database.ts';

export interface WebhooksOptions {
  readonly json?: boolean;
  /** Removed ones too, whose place is kept. */
  readonly all?: boolean;
}

/** `newswire webhooks`: how far each webhook has come and how its deliveries go. */
export async function listWebhooks(io: CliIo, options: WebhooksOptions, clock: Clock = systemClock): Promise<number> {
  const { readWebhooks } = await import('../../store/log/webhook-states.ts');
  const { readHead } = await import('../../store/log/event-log.ts');
  const { states, head } = await withReadOnlyDatabase(io, (store) =>
    store.read(async (db) => ({ states: await readWebhooks(db), head: await readHead(db) })),
  );
  const shown = states.filter(({ removedMs }) => options.all || removedMs === null);
  if (options.json) printJson(io, { webhooks: shown.map((state) => forMachines(state, head)) });
  else if (shown.length === 0) io.out('No webhook is known yet. "newswire serve" reads them from FEEDS_DIR.\n');
  else io.out(table(shown, { head, nowMs: clock.now(), columns: io.columns }));
  return exitCodes.done;
}

/** `newswire webhooks replay ID --after PLACE`: has everything after a place delivered once more. */
export async function replayWebhook(io: CliIo, id: string, options: { readonly after: string }): Promise<number> {
  const { seekWebhook } = await import('../../store/log/webhook-states.ts');
  const { readHead } = await import('../../store/log/event-log.ts');
  const cursor = await withDatabase(io, async (store) => {
    await findWebhook(store, id);
    const place = readPlace(options.after, await readHead(store.reader));
    await seekWebhook(store, id, place);
    return formatCursor(place);
  });
  io.out(`${id} is sent what follows ${cursor}; a running server begins within a second.\n`);
  return exitCodes.done;
}

/** `newswire webhooks resume ID`: tries again now, also after a 410. */
export async function resumeWebhook(io: CliIo, id: string): Promise<number> {
  const { seekWebhook } = await import('../../store/log/webhook-states.ts');
  const { seq, epoch } = await withDatabase(io, async (store) => {
    const state = await findWebhook(store, id);
    await seekWebhook(store, id, null);
    return state;
  });
  io.out(`${id} goes on after ${formatCursor({ epoch, seq })}; a running server tries within a second.\n`);
  return exitCodes.done;
}

async function findWebhook(store: Store, id: string): Promise<WebhookState> {
  const { readWebhooks } = await import('../../store/log/webhook-states.ts');
  const states = (await readWebhooks(store.reader)).filter(({ removedMs }) => removedMs === null);
  const found = states.find((state) => state.id === id);
  if (found !== undefined) return found;
  const meant = nearestWord(
    id,
    states.map((state) => state.id),
  );
  const hint = meant === null ? '"newswire webhooks" lists them' : `did you mean "${meant}"?`;
  throw new CommandError(`no webhook is called ${JSON.stringify(id)}; ${hint}`);
}

/** A place that the log can be read on from: what it no longer holds cannot be sent again. */
function readPlace(text: string, { epoch, head, floor }: LogBounds): Cursor {
  if (text === 'head') return { epoch, seq: head };
  if (text === 'floor') return { epoch, seq: floor - 1 };
  const cursor = parseCursor(text);
  const range = `${formatCursor({ epoch, seq: floor - 1 })} to ${formatCursor({ epoch, seq: head })}`;
  if (cursor?.epoch === epoch && cursor.seq >= floor - 1 && cursor.seq <= head) return cursor;
  throw new CommandError(`the log cannot be read after ${JSON.stringify(text)}; it can from ${range}`);
}

function forMachines(state: WebhookState, head: LogBounds): object {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  const { id, url, epoch, seq, told, failures, lastOutcome, lastStatus, lastDetail, delivered } = state;
  return {
    id,
    url,
    condition: webhookCondition(state),
    cursor: formatCursor({ epoch, seq }),
    told: formatCursor({ epoch, seq: told }),
    behind: behindOf(state, head),
    delivered,
    failures,
    failingSince: iso(state.firstFailedMs),
    outcome: lastOutcome,
    status: lastStatus,
    detail: lastDetail,
    lastAttemptAt: iso(state.lastAttemptMs),
    lastSuccessAt: iso(state.lastSuccessMs),
    nextAttemptAt: state.failures > 0 && state.pausedMs === null ? iso(state.nextAttemptMs) : null,
    pausedAt: iso(state.pausedMs),
    removedAt: iso(state.removedMs),
  };
}

/** Events that it has not looked at; null: its place is of another log. */
function behindOf({ epoch, seq }: WebhookState, head: LogBounds): number | null {
  return epoch === head.epoch ? Math.max(0, head.head - seq) : null;
}

function table(
  states: readonly WebhookState[],
  at: { readonly head: LogBounds; readonly nowMs: number; readonly columns: number | null },
): string {
  const head = [
    { title: 'ID', canShrink: true },
    { title: 'STATE' },
    { title: 'CURSOR' },
    { title: 'BEHIND', align: 'right' },
    { title: 'DELIVERED', align: 'right' },
    { title: 'LAST' },
    { title: 'NEXT' },
    { title: 'REMARK', canShrink: true },
  ] as const;
  const rows = states.map((state) => [
    state.id,
    `${webhookCondition(state)}${state.failures > 1 ? ` x${state.failures}` : ''}`,
    formatCursor(state),
    String(behindOf(state, at.head) ?? '?'),
    String(state.delivered),
    state.lastAttemptMs === null ? 'never' : formatRelativeTime(state.lastAttemptMs, at.nowMs),
    nextOf(state, at),
    state.lastDetail ?? '',
  ]);
  return formatTable(head, rows, at.columns);
}

function nextOf(state: WebhookState, { head, nowMs }: { readonly head: LogBounds; readonly nowMs: number }): string {
  if (state.pausedMs !== null || state.removedMs !== null) return 'never';
  if (state.nextAttemptMs > nowMs) return formatRelativeTime(state.nextAttemptMs, nowMs);
  // What is behind is being sent, or waits for the server; only a webhook that is up to date waits for news.
  return behindOf(state, head) === 0 ? 'at news' : 'now';
}
