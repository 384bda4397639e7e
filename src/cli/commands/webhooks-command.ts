import { nearestWord } from '../../config/problems/did-you-mean.ts';
import { type Cursor, checkCursor, formatCursor, type LogBounds, parseCursor } from '../../domain/events/event.ts';
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
  /** Includes removed webhooks, whose position is kept. */
  readonly all?: boolean;
}

/** `newswire webhooks`: position and delivery state of each webhook. */
export async function listWebhooks(io: CliIo, options: WebhooksOptions, clock: Clock = systemClock): Promise<number> {
  const { readWebhooks } = await import('../../store/log/webhook-states.ts');
  const { readHead } = await import('../../store/log/event-log.ts');
  const { states, head } = await withReadOnlyDatabase(io, (store) =>
    store.read(async (db) => ({ states: await readWebhooks(db), head: await readHead(db) })),
  );
  const shown = states.filter(({ removedMs }) => options.all || removedMs === null);
  if (options.json) printJson(io, { webhooks: shown.map((state) => stateToJson(state, head)) });
  else if (shown.length === 0) io.out('No webhooks yet. "newswire serve" reads them from FEEDS_DIR.\n');
  else io.out(table(shown, { head, nowMs: clock.now(), columns: io.columns }));
  return exitCodes.done;
}

/** `newswire webhooks replay ID --after CURSOR`: delivers all events after a cursor again. */
export async function replayWebhook(io: CliIo, id: string, options: { readonly after: string }): Promise<number> {
  const { seekWebhook } = await import('../../store/log/webhook-states.ts');
  const { readHead } = await import('../../store/log/event-log.ts');
  const cursor = await withDatabase(io, async (store) => {
    await findWebhook(store, id);
    const target = readCursor(options.after, await readHead(store.reader));
    await seekWebhook(store, id, target);
    return formatCursor(target);
  });
  io.out(`${id} will be sent all events after ${cursor}; a running server starts within a second.\n`);
  return exitCodes.done;
}

/** `newswire webhooks resume ID`: retries now, also after a 410. */
export async function resumeWebhook(io: CliIo, id: string): Promise<number> {
  const { seekWebhook } = await import('../../store/log/webhook-states.ts');
  const { seq, epoch } = await withDatabase(io, async (store) => {
    const state = await findWebhook(store, id);
    await seekWebhook(store, id, null);
    return state;
  });
  io.out(`${id} continues after ${formatCursor({ epoch, seq })}; a running server retries within a second.\n`);
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
  throw new CommandError(`unknown webhook ${JSON.stringify(id)}; ${hint}`);
}

/** Parses a cursor and checks that the events after it are still in the log. */
function readCursor(text: string, bounds: LogBounds): Cursor {
  const { epoch, head, floor } = bounds;
  if (text === 'head') return { epoch, seq: head };
  if (text === 'floor') return { epoch, seq: floor - 1 };
  const cursor = parseCursor(text);
  if (cursor !== null && checkCursor(cursor, bounds) === 'valid') return cursor;
  const range = `${formatCursor({ epoch, seq: floor - 1 })} to ${formatCursor({ epoch, seq: head })}`;
  throw new CommandError(`the event log cannot be read after ${JSON.stringify(text)}; the range is ${range}`);
}

function stateToJson(state: WebhookState, head: LogBounds): object {
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  const { id, url, epoch, seq, announcedSeq, failures, lastOutcome, lastStatus, lastDetail, delivered } = state;
  return {
    id,
    url,
    condition: webhookCondition(state),
    cursor: formatCursor({ epoch, seq }),
    announcedCursor: formatCursor({ epoch, seq: announcedSeq }),
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

/** Number of unread events; null: the position belongs to another log. */
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
    { title: 'LAST ATTEMPT' },
    { title: 'NEXT ATTEMPT' },
    { title: 'NOTE', canShrink: true },
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
  // A webhook that is behind is being served, or waits for a server; one that is up to date waits for events.
  return behindOf(state, head) === 0 ? 'on events' : 'now';
}
