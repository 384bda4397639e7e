import { hourMs } from '../../domain/durations.ts';
import { displayUrl, maskText, maskUrl, maskUrlText } from '../../domain/masking.ts';
import { hostOf } from '../../domain/polling/hosts.ts';
import { emptyPollHistory, type PollHistory } from '../../domain/polling/poll.ts';
import type { Declarations, Source } from '../../domain/polling/source.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import type { Row } from '../engine/tables.ts';
import { insertRows, updateRows } from '../engine/write-rows.ts';
import { matchDeclarations, type StoredSource } from './match-declarations.ts';
import { pollHistoryOf, reasonColumn } from './poll-results.ts';

/** Number of sources that may be read for the first time at once. */
const atOnce = 200;
/** Period over which the other first reads are spread. */
export const firstReadsSpreadMs = hourMs;

/** The effect of a new set of declarations, by id. */
export interface DeclarationChanges {
  readonly added: readonly string[];
  /** Sources whose next read is unconditional. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly restored: readonly string[];
}

/** The columns that only a declaration writes. */
function declaredColumns(source: Source, position: number) {
  return {
    id: source.id,
    id_declared: source.idDeclared ? 1 : 0,
    url: displayUrl(source),
    title: source.title,
    section: source.section,
    interval_ms: source.intervalMs,
    language: source.language,
    republish: source.republish,
    declaration_hash: source.declarationHash,
    position,
    removed_ms: null,
  };
}

type DeclaredColumns = ReturnType<typeof declaredColumns>;

/** The state of a source that was never read. Columns not listed are null. */
function initialState(url: string, nowMs: number) {
  const poll_history = JSON.stringify(emptyPollHistory);
  return {
    host: hostOf(url),
    next_check_ms: nowMs,
    next_check_reason: reasonColumn({ code: 'never_read' }),
    poll_history,
  };
}

const noValidators = { etag: null, last_modified: null, validators_url: null, body_hash: null };
const noLease = { leased_until_ms: null, lease_token: null };
const noFailures = { failures: 0, first_failed_ms: null, moved_to: null, gone_ms: null };

/**
 * The columns that a changed declaration resets. A new URL under the same id resets the whole state. Any other change
 * that invalidates the last read makes the next one unconditional and due at once, but never before a Retry-After.
 *
 * @param about.url the complete URL, of which `declaredRow` may contain a masked form.
 */
function resetColumns(
  row: Row<'source'>,
  declaredRow: DeclaredColumns,
  about: { readonly nowMs: number; readonly url: string },
): Partial<Row<'source'>> {
  const { nowMs, url } = about;
  // An earlier version stored the URL without masking its secrets.
  if (row.url !== declaredRow.url && row.url !== url) {
    // The pause of the previous host still applies.
    const poll_history = JSON.stringify({ ...emptyPollHistory, hostPause: pollHistoryOf(row).hostPause });
    return {
      ...initialState(declaredRow.url, nowMs),
      poll_history,
      ...noValidators,
      ...noLease,
      ...noFailures,
      first_read_done: 0,
    };
  }
  const notBeforeMs = Math.max(nowMs, pollHistoryOf(row).retryAfterUntilMs ?? 0);
  const next_check_reason = reasonColumn({ code: 'declaration_changed' });
  const dueAgain = { next_check_ms: notBeforeMs, next_check_reason, gone_ms: null };
  if (row.declaration_hash !== declaredRow.declaration_hash) {
    return {
      ...noValidators,
      ...noLease,
      ...dueAgain,
      poll_history: JSON.stringify(withoutConclusions(pollHistoryOf(row))),
    };
  }
  if (row.removed_ms !== null && row.gone_ms !== null) return dueAgain;
  return { ...(row.id === declaredRow.id ? {} : noLease), ...soonerCheck(row, declaredRow, notBeforeMs) };
}

/** The poll history without conclusions about documents, which are now requested or processed differently. */
function withoutConclusions(memory: PollHistory): PollHistory {
  return { ...memory, idsDistrusted: false, previousIdentity: null };
}

/** Masks secrets in columns that were written by an earlier version or under an earlier declaration. */
function withoutSecrets(row: Row<'source'>, { hidden }: Source): Row<'source'> {
  if (hidden === null) return row;
  const { moved_to, self_url, site_url, last_detail } = row;
  return {
    ...row,
    moved_to: moved_to === null ? null : maskUrl(moved_to, hidden),
    self_url: self_url === null ? null : maskUrlText(self_url, hidden),
    site_url: site_url === null ? null : maskUrlText(site_url, hidden),
    last_detail: last_detail === null ? null : maskText(last_detail, hidden),
  };
}

/** A shorter interval applies from the last read, not from the next one. */
function soonerCheck(row: Row<'source'>, declaredRow: DeclaredColumns, notBeforeMs: number): Partial<Row<'source'>> {
  if (declaredRow.interval_ms === null || declaredRow.interval_ms === row.interval_ms || row.failures > 0) return {};
  const soonerMs = Math.max(notBeforeMs, (row.last_attempt_ms ?? 0) + declaredRow.interval_ms);
  if (soonerMs >= row.next_check_ms) return {};
  return { next_check_ms: soonerMs, next_check_reason: reasonColumn({ code: 'interval_changed' }) };
}

type NewRow = DeclaredColumns & ReturnType<typeof initialState>;

interface Plan {
  readonly inserts: NewRow[];
  readonly updates: Row<'source'>[];
  readonly renames: { readonly ref: number; readonly id: string }[];
  readonly removals: number[];
  readonly outcome: { added: string[]; changed: string[]; removed: string[]; restored: string[] };
}

/** An id that no declaration can have, for a source whose id now belongs to another source. */
function displaced(row: { readonly id: string; readonly ref: number }): string {
  return `${row.id}~${row.ref}`;
}

function toStored(row: Row<'source'>): StoredSource {
  return {
    ref: row.ref,
    id: row.id,
    idDeclared: row.id_declared === 1,
    url: row.url,
    declarationHash: row.declaration_hash,
    removedMs: row.removed_ms,
  };
}

function planFor(declared: readonly Source[], rows: readonly Row<'source'>[], nowMs: number): Plan {
  const byRef = new Map(rows.map((row) => [row.ref, row]));
  const outcome = { added: [], changed: [], removed: [], restored: [] };
  const plan: Plan = { inserts: [], updates: [], renames: [], removals: [], outcome };
  const newIds = new Map<number, string>();
  for (const [position, [source, stored]] of [...matchDeclarations(declared, rows.map(toStored))].entries()) {
    const declaredRow = declaredColumns(source, position);
    const row = stored === null ? undefined : byRef.get(stored.ref);
    if (row === undefined) {
      plan.inserts.push({ ...declaredRow, ...initialState(source.url, nowMs) });
      plan.outcome.added.push(source.id);
    } else {
      newIds.set(row.ref, source.id);
      const next = { ...row, ...declaredRow, ...resetColumns(row, declaredRow, { nowMs, url: source.url }) };
      planUpdate(plan, row, withoutSecrets(next, source));
    }
  }
  const wanted = new Set(declared.map(({ id }) => id));
  for (const row of rows) {
    const newId = newIds.get(row.ref);
    if (newId !== row.id && wanted.has(row.id)) plan.renames.push({ ref: row.ref, id: displaced(row) });
    if (newId === undefined && row.removed_ms === null) {
      plan.removals.push(row.ref);
      plan.outcome.removed.push(row.id);
    }
  }
  return plan;
}

function planUpdate(plan: Plan, row: Row<'source'>, next: Row<'source'>): void {
  if (JSON.stringify(row) === JSON.stringify(next)) return;
  plan.updates.push(next);
  if (row.removed_ms !== null) plan.outcome.restored.push(next.id);
  if (row.declaration_hash !== next.declaration_hash || row.url !== next.url) plan.outcome.changed.push(next.id);
}

/** Leaves the first 200 as they are and spreads the others over an hour, so that thousands of new sources cause no burst. */
function spread<T extends { readonly next_check_ms: number }>(
  rows: readonly T[],
  about: { readonly nowMs: number; readonly beyond: number; readonly from: number },
): T[] {
  return rows.map((row, index) => {
    const late = about.from + index - atOnce + 1;
    if (late <= 0) return row;
    const laterMs = about.nowMs + Math.round((late / about.beyond) * firstReadsSpreadMs);
    return { ...row, next_check_ms: Math.max(row.next_check_ms, laterMs) };
  });
}

async function write(tx: Db, plan: Plan, nowMs: number): Promise<void> {
  const changed = new Set(plan.outcome.changed);
  const rereads = plan.updates.filter(({ id }) => changed.has(id));
  const others = plan.updates.filter(({ id }) => !changed.has(id));
  const beyond = plan.inserts.length + rereads.length - atOnce;
  // Rename displaced sources first: two sources may have swapped their ids.
  await updateRows(tx, 'source', 'ref', plan.renames);
  await updateRows(tx, 'source', 'ref', others);
  await updateRows(tx, 'source', 'ref', spread(rereads, { nowMs, beyond, from: plan.inserts.length }));
  await insertRows(tx, 'source', spread(plan.inserts, { nowMs, beyond, from: 0 }));
  const removals = plan.removals.map((ref) => ({ ref, removed_ms: nowMs, ...noLease }));
  await updateRows(tx, 'source', 'ref', removals);
}

/**
 * Adds, changes, removes and restores stored sources according to the declarations. A removed source keeps its poll
 * history and its items.
 */
export async function declareSources(
  store: Store,
  declarations: Pick<Declarations, 'sources'>,
  nowMs: number,
): Promise<DeclarationChanges> {
  return store.write(async (tx) => {
    const rows = await tx.selectFrom('source').selectAll().execute();
    const plan = planFor(declarations.sources, rows, nowMs);
    await write(tx, plan, nowMs);
    return plan.outcome;
  });
}
