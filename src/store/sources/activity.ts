import { sql } from 'kysely';
import { hourMs } from '../../domain/durations.ts';
import type { PollResult } from '../../domain/polling/poll.ts';
import type { Db } from '../engine/engine.ts';

const hours = 24;
/** Maximum number of items, newest first, whose delay is measured. */
const mostMeasured = 5000;

/** What happened within an hour. */
export interface HourlyActivity {
  /** Start of the hour. */
  readonly hourMs: number;
  /** Items. */
  readonly added: number;
  readonly updated: number;
  readonly outcomes: Readonly<Record<PollResult['outcome'], number>>;
  /** Median time from publication to arrival of new items; null: no item has a date. */
  readonly freshnessMs: number | null;
}

interface PollCount {
  readonly hour: number;
  readonly outcome: PollResult['outcome'];
  readonly polls: number;
  readonly added: number;
  readonly updated: number;
}

interface Delay {
  readonly seenMs: number;
  readonly delayMs: number;
}

/** The last 24 hours, oldest first, including the current one and hours without activity. */
export async function readActivity(db: Db, nowMs: number): Promise<readonly HourlyActivity[]> {
  const last = Math.floor(nowMs / hourMs);
  const sinceMs = (last - hours + 1) * hourMs;
  const polls = Map.groupBy(await readPolls(db, sinceMs), ({ hour }) => hour);
  const delays = Map.groupBy(await readDelays(db, sinceMs), ({ seenMs }) => Math.floor(seenMs / hourMs));
  return Array.from({ length: hours }, (_, index) => {
    const hour = last - hours + 1 + index;
    return activityOf(hour, polls.get(hour) ?? [], delays.get(hour) ?? []);
  });
}

async function readPolls(db: Db, sinceMs: number): Promise<readonly PollCount[]> {
  const { rows } = await sql<PollCount>`select at_ms / ${sql.lit(hourMs)} as hour, outcome, count(*) as polls,
      sum(added) as added, sum(updated) as updated
    from refresh where at_ms >= ${sinceMs} group by 1, 2`.execute(db);
  return rows;
}

async function readDelays(db: Db, sinceMs: number): Promise<readonly Delay[]> {
  const { rows } = await sql<Delay>`select first_seen_ms as "seenMs", first_seen_ms - published_ms as "delayMs"
    from item where first_seen_ms >= ${sinceMs} and backfill = 0 and published_ms is not null
    order by first_seen_ms desc limit ${mostMeasured}`.execute(db);
  return rows;
}

function activityOf(hour: number, polls: readonly PollCount[], delays: readonly Delay[]): HourlyActivity {
  const outcomes = { fresh: 0, 'not-modified': 0, throttled: 0, gone: 0, failed: 0 };
  for (const { outcome, polls: count } of polls) outcomes[outcome] += count;
  const sorted = delays.map(({ delayMs }) => Math.max(0, delayMs)).sort((a, b) => a - b);
  return {
    hourMs: hour * hourMs,
    added: polls.reduce((sum, { added }) => sum + added, 0),
    updated: polls.reduce((sum, { updated }) => sum + updated, 0),
    outcomes,
    freshnessMs: sorted[Math.floor((sorted.length - 1) / 2)] ?? null,
  };
}
