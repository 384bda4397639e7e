import type { LogBounds, LogEvent } from '../../domain/events/event.ts';
import type { WebhookCondition } from '../../domain/events/webhook.ts';
import type { Failure } from '../../domain/failure.ts';
import type { Item } from '../../domain/items/item.ts';
import type { NextCheckReason } from '../../domain/polling/next-check-reason.ts';
import type { PollResult } from '../../domain/polling/poll.ts';
import type { ItemsSnapshot, SnapshotQuery } from '../../store/queries/snapshot.ts';

/** Selects a page of items. */
export type ItemsQuery = SnapshotQuery;

/** Items, and the log position at which they were read in the same transaction. */
export type Snapshot = ItemsSnapshot;

/** Part of the event log, and its head when it was read. */
export interface LogPage {
  readonly head: LogBounds;
  /** Oldest first. */
  readonly events: readonly LogEvent[];
}

/** A section that has items or sources. */
interface SectionEntry {
  readonly name: string;
  readonly items: number;
}

/** A source and the state of its polls. */
export interface SourceHealth {
  readonly id: string;
  readonly title: string;
  readonly section: string;
  /** As declared: `http:`, `https:` or `file:`. */
  readonly url: string;
  readonly siteUrl: string | null;
  /** Null before the first read. */
  readonly outcome: PollResult['outcome'] | null;
  readonly failure: Failure | null;
  readonly failures: number;
  readonly failingSinceMs: number | null;
  readonly checkedMs: number | null;
  readonly succeededMs: number | null;
  readonly nextCheckMs: number;
  /** It may describe failures: not for the public. */
  readonly nextCheckReason: NextCheckReason;
  /** No longer declared. Its items are kept. */
  readonly removed: boolean;
  readonly items: number;
  /** Medians of about the last day, since the start. Null: no new item. */
  readonly publishedToStoredMs: number | null;
  readonly storedToPushedMs: number | null;
}

/** A webhook and the state of its deliveries, without its URL: that may be a secret. */
export interface WebhookHealth {
  readonly id: string;
  readonly condition: WebhookCondition;
  /** Consecutive failed deliveries. */
  readonly failures: number;
  /** The events after its position. Null: its position is of another epoch. */
  readonly lag: number | null;
  readonly delivered: number;
  readonly attemptedMs: number | null;
  readonly succeededMs: number | null;
  /** When a failed delivery is retried. Null: none has failed. */
  readonly nextAttemptMs: number | null;
}

/** One hour of the last day. */
interface ActivityHour {
  readonly hourMs: number;
  readonly added: number;
  readonly updated: number;
  readonly outcomes: Readonly<Record<PollResult['outcome'], number>>;
  /** The median time from publication to storage of the new items. Null: no item has a publication time. */
  readonly freshnessMs: number | null;
}

/** What the web reads. Every method is one consistent read; none writes, or waits for a writer. */
export interface ReadPort {
  items(query: ItemsQuery): Promise<Snapshot>;
  /** Withdrawn items too. Null: no item has the id, or it has been deleted by the retention. */
  item(id: number): Promise<Item | null>;
  sections(): Promise<readonly SectionEntry[]>;
  /** In the order of the declarations, removed sources last. */
  sources(): Promise<readonly SourceHealth[]>;
  /** The declared ones, by id. */
  webhooks(): Promise<readonly WebhookHealth[]>;
  /** At most `limit` events with a seq greater than `afterSeq`. */
  events(afterSeq: number, limit: number): Promise<LogPage>;
  /** The last 24 hours, oldest first. The result is at most some seconds old. */
  activity(): Promise<readonly ActivityHour[]>;
}
