import type { Cursor } from '../../domain/events/event.ts';
import type { Webhook, WebhookState } from '../../domain/events/webhook.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import type { Row } from '../engine/tables.ts';
import { valueList } from '../engine/write-rows.ts';
import { readHead } from './event-log.ts';

function toState(row: Row<'webhook'>): WebhookState {
  return {
    id: row.id,
    url: row.url,
    epoch: row.epoch,
    seq: row.seq,
    announcedSeq: row.announced_seq,
    failures: row.failures,
    firstFailedMs: row.first_failed_ms,
    nextAttemptMs: row.next_attempt_ms,
    pausedMs: row.paused_ms,
    lastOutcome: row.last_outcome,
    lastStatus: row.last_status,
    lastDetail: row.last_detail,
    lastAttemptMs: row.last_attempt_ms,
    lastSuccessMs: row.last_success_ms,
    delivered: row.delivered,
    removedMs: row.removed_ms,
  };
}

/** All webhooks that were ever declared, ordered by id. */
export async function readWebhooks(db: Db): Promise<WebhookState[]> {
  return (await db.selectFrom('webhook').selectAll().orderBy('id').execute()).map(toState);
}

/** The state of a webhook; null: the id is unknown. */
export async function readWebhook(db: Db, id: string): Promise<WebhookState | null> {
  const [row] = await selectWebhook(db, { id });
  return row === undefined ? null : toState(row);
}

const selectWebhook = compiledQuery<{ id: string }, Row<'webhook'>>(['id'], (db, { id }) =>
  db.selectFrom('webhook').selectAll().where('id', '=', id),
);

/** The columns that an intervention of the operator resets. */
const resetFailures = { failures: 0, first_failed_ms: null, next_attempt_ms: 0, paused_ms: null } as const;

type Declared = Pick<Webhook, 'id' | 'url'> & Partial<Pick<Webhook, 'formerId'>>;

async function renameFormer(store: Store, webhooks: readonly Declared[]): Promise<void> {
  const known = new Set((await readWebhooks(store.reader)).map(({ id }) => id));
  const declared = new Set(webhooks.map(({ id }) => id));
  for (const { id, formerId } of webhooks) {
    if (typeof formerId !== 'string' || known.has(id) || declared.has(formerId) || !known.delete(formerId)) continue;
    await store.write((tx) => tx.updateTable('webhook').set({ id }).where('id', '=', formerId).execute());
  }
}

/**
 * Applies the declarations of webhooks. A new webhook begins at the head of the log. A known one continues at its position,
 * even if it had been removed for a while or is known by its former id. One with a new address is tried immediately.
 *
 * @param webhooks with masked addresses (`shownUrl`).
 */
export async function declareWebhooks(store: Store, webhooks: readonly Declared[], nowMs: number): Promise<void> {
  await renameFormer(store, webhooks);
  const before = new Map((await readWebhooks(store.reader)).map((state) => [state.id, state]));
  const declared = new Set(webhooks.map(({ id }) => id));
  const changed = webhooks.filter(({ id, url }) => before.get(id)?.url !== url || before.get(id)?.removedMs !== null);
  const removed = [...before.values()]
    .filter(({ id, removedMs }) => removedMs === null && !declared.has(id))
    .map(({ id }) => id);
  if (changed.length === 0 && removed.length === 0) return;
  await store.write(async (tx) => {
    const { epoch, head } = await readHead(tx);
    for (const { id, url } of changed) {
      await tx
        .insertInto('webhook')
        .values({ id, url, epoch, seq: head, announced_seq: head, delivered: 0, ...resetFailures })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ url, removed_ms: null, ...resetFailures }))
        .execute();
    }
    await tx.updateTable('webhook').set({ removed_ms: nowMs }).where('id', 'in', valueList(tx, removed)).execute();
  });
}

/**
 * Writes the state of a webhook after a delivery attempt, unless the operator has moved its position, changed its address
 * or removed it meanwhile.
 *
 * @returns whether it was written.
 */
export async function updateWebhookState(store: Store, before: WebhookState, after: WebhookState): Promise<boolean> {
  const { numUpdatedRows } = await store.write((tx) =>
    tx
      .updateTable('webhook')
      .set({
        epoch: after.epoch,
        seq: after.seq,
        announced_seq: after.announcedSeq,
        failures: after.failures,
        first_failed_ms: after.firstFailedMs,
        next_attempt_ms: after.nextAttemptMs,
        paused_ms: after.pausedMs,
        last_outcome: after.lastOutcome,
        last_status: after.lastStatus,
        last_detail: after.lastDetail,
        last_attempt_ms: after.lastAttemptMs,
        last_success_ms: after.lastSuccessMs,
        delivered: after.delivered,
      })
      .where('id', '=', before.id)
      .where('url', '=', before.url)
      .where('epoch', '=', before.epoch)
      .where('seq', '=', before.seq)
      .where('announced_seq', '=', before.announcedSeq)
      .where('removed_ms', 'is', null)
      .executeTakeFirstOrThrow(),
  );
  return numUpdatedRows > 0n;
}

/**
 * Moves a webhook to a position and lets it retry immediately.
 *
 * @param after the cursor to continue after; null: its present position.
 */
export async function seekWebhook(store: Store, id: string, after: Cursor | null): Promise<void> {
  const position = after === null ? {} : { epoch: after.epoch, seq: after.seq, announced_seq: after.seq };
  await store.write((tx) =>
    tx
      .updateTable('webhook')
      .set({ ...position, ...resetFailures })
      .where('id', '=', id)
      .execute(),
  );
}
