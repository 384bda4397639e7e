import { blankMemory, type PollMemory } from '../domain/poll.ts';
import type { Declarations, Source } from '../domain/source.ts';
import type { Db } from './dialect.ts';
import { hostOf } from './hosts.ts';
import { matchDeclarations, type StoredSource } from './match-declarations.ts';
import type { Store } from './open.ts';
import { insertRows, updateRows } from './rows.ts';
import { fromJson } from './shown.ts';
import type { Row } from './tables.ts';

/** So many sources may be read for the first time at once; the rest is spread. */
const atOnce = 200;
const spreadMs = 60 * 60_000;

/** What a new set of declarations came to, by id. */
export interface Declared {
  readonly added: readonly string[];
  /** Those whose next read is unconditional. */
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly restored: readonly string[];
}

/** What a declaration writes: its own words, and the state that it may undo. */
type Written = Pick<
  Row<'source'>,
  | 'id'
  | 'id_declared'
  | 'url'
  | 'host'
  | 'title'
  | 'section'
  | 'interval_ms'
  | 'language'
  | 'republish'
  | 'declaration_hash'
  | 'position'
  | 'removed_ms'
  | 'etag'
  | 'last_modified'
  | 'body_hash'
  | 'next_check_ms'
  | 'next_check_why'
  | 'leased_until_ms'
  | 'lease_token'
  | 'failures'
  | 'first_failed_ms'
  | 'first_read_done'
  | 'moved_to'
  | 'gone_ms'
  | 'memory'
>;

type Words = Omit<Written, keyof State>;

/** The part of it that polls write too. */
type State = Pick<
  Written,
  | 'host'
  | 'etag'
  | 'last_modified'
  | 'body_hash'
  | 'next_check_ms'
  | 'next_check_why'
  | 'leased_until_ms'
  | 'lease_token'
  | 'failures'
  | 'first_failed_ms'
  | 'first_read_done'
  | 'moved_to'
  | 'gone_ms'
  | 'memory'
>;

function wordsOf(source: Source, position: number): Words {
  return {
    id: source.id,
    id_declared: source.idDeclared ? 1 : 0,
    url: source.url,
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

/** The state of a source that was never read. */
function blankState(url: string, nowMs: number): State {
  return {
    host: hostOf(url),
    etag: null,
    last_modified: null,
    body_hash: null,
    next_check_ms: nowMs,
    next_check_why: 'never read',
    leased_until_ms: null,
    lease_token: null,
    failures: 0,
    first_failed_ms: null,
    first_read_done: 0,
    moved_to: null,
    gone_ms: null,
    memory: JSON.stringify(blankMemory),
  };
}

function stateOf(row: Row<'source'>): State {
  return {
    host: row.host,
    etag: row.etag,
    last_modified: row.last_modified,
    body_hash: row.body_hash,
    next_check_ms: row.next_check_ms,
    next_check_why: row.next_check_why,
    leased_until_ms: row.leased_until_ms,
    lease_token: row.lease_token,
    failures: row.failures,
    first_failed_ms: row.first_failed_ms,
    first_read_done: row.first_read_done,
    moved_to: row.moved_to,
    gone_ms: row.gone_ms,
    memory: row.memory,
  };
}

const noLease = { leased_until_ms: null, lease_token: null };

/**
 * What a declaration leaves of a source's state. A new URL under the same id starts afresh; any other change that
 * makes the last read invalid makes the next one unconditional and due at once, but never before a Retry-After.
 */
function stateAfter(row: Row<'source'>, words: Words, nowMs: number): State {
  if (row.url !== words.url) return blankState(words.url, nowMs);
  const state = stateOf(row);
  const notBeforeMs = Math.max(nowMs, fromJson<PollMemory>(row.memory).retryUntilMs ?? 0);
  if (row.declaration_hash !== words.declaration_hash) {
    const unconditional = { etag: null, last_modified: null, body_hash: null, gone_ms: null };
    return { ...state, ...unconditional, ...noLease, next_check_ms: notBeforeMs, next_check_why: 'declared anew' };
  }
  if (row.id !== words.id) return { ...state, ...noLease };
  if (row.removed_ms !== null && row.gone_ms !== null) {
    return { ...state, gone_ms: null, next_check_ms: notBeforeMs, next_check_why: 'declared anew' };
  }
  const sooner = words.interval_ms !== null && words.interval_ms !== row.interval_ms && row.failures === 0;
  const soonerMs = Math.max(notBeforeMs, (row.last_attempt_ms ?? 0) + (words.interval_ms ?? 0));
  if (!sooner || soonerMs >= row.next_check_ms) return state;
  return { ...state, next_check_ms: soonerMs, next_check_why: 'interval' };
}

interface Plan {
  readonly inserts: Written[];
  readonly updates: (Written & { readonly ref: number })[];
  readonly renames: { readonly ref: number; readonly id: string }[];
  readonly removals: number[];
  readonly outcome: { added: string[]; changed: string[]; removed: string[]; restored: string[] };
}

function isSame(row: Row<'source'>, next: Written): boolean {
  return Object.entries(next).every(([name, value]) => row[name as keyof Written] === value);
}

/** A name that no declaration can have, for a source whose id now belongs to another. */
function displaced(row: { readonly id: string; readonly ref: number }): string {
  return `${row.id}~${row.ref}`;
}

function planFor(declared: readonly Source[], rows: readonly Row<'source'>[], nowMs: number): Plan {
  const byRef = new Map(rows.map((row) => [row.ref, row]));
  const matches = matchDeclarations(declared, rows.map(toStored));
  const outcome = { added: [], changed: [], removed: [], restored: [] };
  const plan: Plan = { inserts: [], updates: [], renames: [], removals: [], outcome };
  const matched = new Map<number, Source>();
  for (const [position, source] of declared.entries()) {
    const stored = matches.get(source) ?? null;
    const row = stored === null ? undefined : byRef.get(stored.ref);
    if (row === undefined) addTo(plan, source, position, nowMs);
    else {
      matched.set(row.ref, source);
      updateIn(plan, row, wordsOf(source, position), nowMs);
    }
  }
  const wanted = new Set(declared.map(({ id }) => id));
  for (const row of rows) {
    const source = matched.get(row.ref);
    if (wanted.has(row.id) && source?.id !== row.id) plan.renames.push({ ref: row.ref, id: displaced(row) });
    if (source === undefined && row.removed_ms === null) {
      plan.removals.push(row.ref);
      plan.outcome.removed.push(row.id);
    }
  }
  return plan;
}

function addTo(plan: Plan, source: Source, position: number, nowMs: number): void {
  plan.inserts.push({ ...wordsOf(source, position), ...blankState(source.url, nowMs) });
  plan.outcome.added.push(source.id);
}

function updateIn(plan: Plan, row: Row<'source'>, words: Words, nowMs: number): void {
  const next: Written = { ...words, ...stateAfter(row, words, nowMs) };
  if (isSame(row, next)) return;
  plan.updates.push({ ref: row.ref, ...next });
  if (row.removed_ms !== null) plan.outcome.restored.push(row.id);
  if (row.declaration_hash !== words.declaration_hash || row.url !== words.url) plan.outcome.changed.push(words.id);
}

function toStored(row: Row<'source'>): StoredSource {
  return {
    ref: row.ref,
    id: row.id,
    idDeclared: row.id_declared === 1,
    url: row.url,
    removedMs: row.removed_ms,
  };
}

/** The first 200 as they are, the others over an hour: a new list of thousands is no burst. */
function spread<T extends Written>(
  rows: readonly T[],
  about: { readonly nowMs: number; readonly beyond: number; readonly from: number },
): T[] {
  return rows.map((row, index) => {
    const late = about.from + index - atOnce + 1;
    if (late <= 0) return row;
    const laterMs = about.nowMs + Math.round((late / about.beyond) * spreadMs);
    return { ...row, next_check_ms: Math.max(row.next_check_ms, laterMs) };
  });
}

async function write(tx: Db, plan: Plan, nowMs: number): Promise<void> {
  const firstReads = new Set(plan.outcome.changed);
  const rereads = plan.updates.filter(({ id }) => firstReads.has(id));
  const others = plan.updates.filter(({ id }) => !firstReads.has(id));
  const beyond = plan.inserts.length + rereads.length - atOnce;
  await updateRows(tx, 'source', 'ref', plan.renames);
  await updateRows(tx, 'source', 'ref', others);
  await updateRows(tx, 'source', 'ref', spread(rereads, { nowMs, beyond, from: plan.inserts.length }));
  await insertRows(tx, 'source', spread(plan.inserts, { nowMs, beyond, from: 0 }));
  const removals = plan.removals.map((ref) => ({ ref, removed_ms: nowMs, ...noLease }));
  await updateRows(tx, 'source', 'ref', removals);
}

/**
 * Brings the stored sources into line with what the operator declares: adds, changes, removes and restores. What
 * polls have taught a source outlives its declaration, and its items stay.
 */
export async function declareSources(
  store: Store,
  declarations: Pick<Declarations, 'sources'>,
  nowMs: number,
): Promise<Declared> {
  return store.write(async (tx) => {
    const rows = await tx.selectFrom('source').selectAll().execute();
    const plan = planFor(declarations.sources, rows, nowMs);
    await write(tx, plan, nowMs);
    return plan.outcome;
  });
}
