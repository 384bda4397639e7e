import type { LogBounds, LogEvent } from '../../domain/events/event.ts';
import type { WebhookCondition } from '../../domain/events/webhook.ts';
import type { Item } from '../../domain/items/item.ts';
import type { Failure } from '../../domain/polling/fetch-outcome.ts';
import type { PollResult } from '../../domain/polling/poll.ts';
import type { ItemsSnapshot, SnapshotQuery, WithdrawnItem } from '../../store/queries/snapshot.ts';

/** A page of items: which, how many, from where. */
export type ItemsQuery = SnapshotQuery;

/** An item that was taken back. Its key is what output feeds make their ids of. */
export type Withdrawal = WithdrawnItem;

/** Items and the place in the log at which they were read: both of one transaction. */
export type Snapshot = ItemsSnapshot;

/** Part of the log, and where the log stood when it was read. */
export interface LogPage {
  readonly head: LogBounds;
  /** Oldest first. */
  readonly events: readonly LogEvent[];
}

/** A section that has items or sources. */
export interface SectionEntry {
  readonly name: string;
  readonly items: number;
}

/** A source and how its reading goes. */
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
  /** Failures in a row. */
  readonly failures: number;
  readonly failingSinceMs: number | null;
  readonly checkedMs: number | null;
  readonly succeededMs: number | null;
  readonly nextCheckMs: number;
  /** What decided on it, for people. It may tell of failures: not for everybody. */
  readonly nextCheckWhy: string;
  /** No longer declared; its items stay. */
  readonly removed: boolean;
  readonly items: number;
  /** Medians of about the last day, since the start; null: nothing new came by. */
  readonly publishedToStoredMs: number | null;
  readonly storedToPushedMs: number | null;
}

/** A webhook and how its deliveries go. Its address stays inside: it may be a secret. */
export interface WebhookHealth {
  readonly id: string;
  readonly condition: WebhookCondition;
  /** Deliveries that failed in a row. */
  readonly failures: number;
  /** Events that it has not looked at; null: its place is of another log. */
  readonly lag: number | null;
  readonly delivered: number;
  readonly attemptedMs: number | null;
  readonly succeededMs: number | null;
  /** When a failed delivery is tried again; null: nothing waits. */
  readonly nextAttemptMs: number | null;
}

/** One hour of the last day. */
export interface ActivityHour {
  /** When it began. */
  readonly hourMs: number;
  readonly added: number;
  readonly updated: number;
  /** Polls by how they ended. */
  readonly outcomes: Readonly<Record<PollResult['outcome'], number>>;
  /** Median time from publication to us, of the items that came in; null: none told. */
  readonly freshnessMs: number | null;
}

/** What the web asks of the store. Every answer is one consistent read; none of them writes or waits for a writer. */
export interface ReadPort {
  items(query: ItemsQuery): Promise<Snapshot>;
  /** Withdrawn ones too; null: there never was one, or it has been retired. */
  item(id: number): Promise<Item | null>;
  sections(): Promise<readonly SectionEntry[]>;
  /** In the order of the declarations, removed ones last. */
  sources(): Promise<readonly SourceHealth[]>;
  /** Those that are declared, by id. */
  webhooks(): Promise<readonly WebhookHealth[]>;
  /** Events with seq > after, at most `limit`. */
  events(afterSeq: number, limit: number): Promise<LogPage>;
  /** The hours up to now, oldest first; some seconds old at most. */
  activity(): Promise<readonly ActivityHour[]>;
}
