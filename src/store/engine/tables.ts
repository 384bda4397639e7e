import type { Generated, Selectable } from 'kysely';
import type { CommentAction, CommentState } from '../../domain/comments/comment.ts';
import type { EventOp } from '../../domain/events/event.ts';
import type { WebhookOutcome } from '../../domain/events/webhook.ts';
import type { WithdrawalReason } from '../../domain/items/item.ts';
import type { Failure } from '../../domain/polling/fetch-outcome.ts';
import type { PollResult } from '../../domain/polling/poll.ts';
import type { Republish } from '../../domain/polling/source.ts';
import type { HubTrust, SubscriptionState } from '../../domain/websub/websub-topics.ts';

/** One column: what the database calls it, and what TypeScript reads out of it. Instants are `bigint`, epoch ms. */
export interface Column<T> {
  readonly type: 'text' | 'integer' | 'bigint';
  readonly nullable: boolean;
  /** Never set: it carries the type only. */
  readonly reads?: T;
}

const text: Column<string> = { type: 'text', nullable: false };
const textOrNull: Column<string | null> = { type: 'text', nullable: true };
const integer: Column<number> = { type: 'integer', nullable: false };
const integerOrNull: Column<number | null> = { type: 'integer', nullable: true };
const rowId: Column<Generated<number>> = { type: 'integer', nullable: false };
const ms: Column<number> = { type: 'bigint', nullable: false };
const msOrNull: Column<number | null> = { type: 'bigint', nullable: true };

function oneOf<T extends string>(): Column<T> {
  return { type: 'text', nullable: false };
}

function oneOfOrNull<T extends string>(): Column<T | null> {
  return { type: 'text', nullable: true };
}

/** What the operator declared, and what its polls left behind. Rows are never deleted: state outlives a declaration. */
const source = {
  /** Ours, for ever; `id` may change when the operator never wrote it down. */
  ref: rowId,
  id: text,
  id_declared: integer,
  url: text,
  host: text,
  title: textOrNull,
  section: text,
  interval_ms: msOrNull,
  language: textOrNull,
  republish: oneOf<Republish>(),
  declaration_hash: text,
  position: integer,
  removed_ms: msOrNull,
  etag: textOrNull,
  last_modified: textOrNull,
  /** The address that gave the validators: a redirect's end, not its start. */
  validators_url: textOrNull,
  body_hash: textOrNull,
  next_check_ms: ms,
  next_check_why: text,
  leased_until_ms: msOrNull,
  lease_token: textOrNull,
  /** When the lease was taken: a check that was asked for since then is still wanted when it ends. */
  claimed_ms: msOrNull,
  failures: integer,
  first_failed_ms: msOrNull,
  last_outcome: oneOfOrNull<PollResult['outcome']>(),
  last_failure: oneOfOrNull<Failure>(),
  last_status: integerOrNull,
  last_detail: textOrNull,
  last_bytes: integerOrNull,
  last_duration_ms: integerOrNull,
  /** JSON array of words. */
  last_notes: text,
  last_attempt_ms: msOrNull,
  last_success_ms: msOrNull,
  last_change_ms: msOrNull,
  first_read_done: integer,
  feed_title: textOrNull,
  site_url: textOrNull,
  /** JSON array of URLs: the hubs that its documents or their Link headers name. */
  hubs: text,
  /** The address that a document gives itself: a hub's topic. */
  self_url: textOrNull,
  moved_to: textOrNull,
  gone_ms: msOrNull,
  /** JSON of `PollMemory`. */
  memory: text,
  /** Appearances that have an item. */
  items: integer,
};

/** The stored, merged unit of news. Its text, dates and picture come from the appearance that owns it. */
const item = {
  id: rowId,
  /** Canonical URL, or `source:entryKey`. */
  key: text,
  owner_ref: integer,
  /** 1 once ownership has passed: it does so at most once. */
  owner_passed: integer,
  sort_ms: ms,
  /** The order of output feeds: when it was first seen, or `sort_ms` where it was old by then (backfill). Never changes. */
  arrival_ms: ms,
  first_seen_ms: ms,
  published_ms: msOrNull,
  updated_ms: msOrNull,
  withdrawn_ms: msOrNull,
  /** Null beside an instant: it was withdrawn before reasons were written down. */
  withdrawn_why: oneOfOrNull<WithdrawalReason>(),
  revision: integer,
  backfill: integer,
  content_hash: text,
  /** JSON array: when the newest edits were made, at most three. */
  recent_edits: text,
  language: textOrNull,
  /** The primary subtag, lower-cased: what a filter asks for. */
  primary_language: textOrNull,
  url: textOrNull,
  title: text,
  author: textOrNull,
  image_url: textOrNull,
  /** JSON array of words. */
  categories: text,
  /** JSON array of enclosures. */
  enclosures: text,
  summary: text,
  content_html: text,
};

/** A category of an item, lower-cased, beside its place in the order of views. */
const item_category = { category: text, item_id: integer, sort_ms: ms, arrival_ms: ms };

/**
 * Apart from `item`, because it changes each second. `comments` are those that are shown; their revision grows with
 * every change of what is shown.
 */
const item_count = { item_id: integer, reads: integer, comments: integer, comments_revision: integer };

/** An item as seen at one source. Without an item it is a tombstone: the entry is known and not wanted back. */
const appearance = {
  id: rowId,
  source_ref: integer,
  entry_key: text,
  item_id: integerOrNull,
  /** Of the item: so that a source's view is one walk along an index. */
  sort_ms: ms,
  arrival_ms: ms,
  content_hash: text,
  guid: textOrNull,
  first_seen_ms: ms,
};

/** Keys of retired items: neither a second source nor a new guid brings them back. */
const retired_key = { key: text, retired_ms: ms };

/** The log. `seq` is dense and grows in commit order. */
const event = {
  seq: integer,
  op: oneOf<EventOp>(),
  item_id: integer,
  source_id: text,
  section: text,
  backfill: integer,
  /** JSON array of wire field names. */
  changed: text,
  /** JSON of `Facets`. */
  facets: text,
  /** JSON of the `Facets` of the item's event before; null for an add. */
  was: textOrNull,
  /** JSON of the wire item, all but `page`. */
  body: text,
  at_ms: ms,
};

/** One row. `changed_ms` is when the log last grew. */
const stream_head = { id: integer, epoch: text, head: integer, floor: integer, changed_ms: msOrNull };

/** One poll, for the operator's plots. */
const refresh = {
  id: rowId,
  source_ref: integer,
  at_ms: ms,
  outcome: oneOf<PollResult['outcome']>(),
  failure: oneOfOrNull<Failure>(),
  status: integerOrNull,
  bytes: integer,
  duration_ms: integer,
  added: integer,
  updated: integer,
};

const comment = {
  id: rowId,
  item_id: integer,
  author_name: text,
  body: text,
  state: oneOf<CommentState>(),
  /** Why it waits or is hidden; null: nothing was said. */
  reason: textOrNull,
  at_ms: ms,
  moderated_ms: msOrNull,
  moderated_by: textOrNull,
  /** Keyed hash of the browser's own random name: who has been approved before. */
  author_key: textOrNull,
  /** Keyed hash of the form that was sent and what was in it: the same one sent twice is one comment. */
  post_key: textOrNull,
  /** Hash of the text without case and spaces: the same text again. */
  text_hash: textOrNull,
};

/** Who decided what about a comment, and when. Rows are never changed. */
const comment_audit = {
  id: rowId,
  comment_id: integer,
  at_ms: ms,
  actor: text,
  action: oneOf<CommentAction>(),
  from_state: oneOf<CommentState>(),
  to_state: oneOf<CommentState>(),
};

/** Who has been counted, as hashes under a salt that changes daily and is then thrown away. */
const read_seen = { day: integer, hash: text, at_ms: ms };

const read_hour = { hour_ms: ms, item_id: integer, reads: integer };

/** Where events are sent, and how far that has come. Rows outlive their declaration. */
const webhook = {
  id: text,
  url: text,
  epoch: text,
  /** Everything up to it was looked at. */
  seq: integer,
  /** The place that the receiver was told last. */
  told: integer,
  failures: integer,
  first_failed_ms: msOrNull,
  next_attempt_ms: ms,
  paused_ms: msOrNull,
  last_outcome: oneOfOrNull<WebhookOutcome>(),
  last_status: integerOrNull,
  last_detail: textOrNull,
  last_attempt_ms: msOrNull,
  last_success_ms: msOrNull,
  delivered: integer,
  removed_ms: msOrNull,
};

/** What all nodes share and nobody declares: the server secret and the like. */
const setting = { name: text, value: text };

/** Who subscribes to one of our output feeds, until when. */
const websub_subscriber = {
  id: rowId,
  topic: text,
  callback: text,
  /** Of the callback, with its port. */
  host: text,
  secret: textOrNull,
  verified_ms: ms,
  lease_until_ms: ms,
  /** Of the content that was delivered last; null: none yet. */
  delivered_tag: textOrNull,
  delivered_ms: msOrNull,
  /** Attempts in a row that failed. */
  failures: integer,
};

/** That a subscriber is to have what its topic holds by now. */
const delivery = {
  id: rowId,
  subscriber_id: integer,
  host: text,
  /** Raised by each change of the topic: one that came during an attempt asks for another. */
  generation: integer,
  attempts: integer,
  next_attempt_ms: ms,
  expires_ms: ms,
  leased_until_ms: msOrNull,
  lease_token: textOrNull,
};

/** Where we subscribe: a source's topic at one of its hubs. */
const websub_subscription = {
  id: rowId,
  /** The last part of the callback's path: nobody can guess it. */
  callback_id: text,
  source_ref: integer,
  hub: text,
  topic: text,
  secret: textOrNull,
  state: oneOf<SubscriptionState>(),
  requested_ms: msOrNull,
  confirmed_ms: msOrNull,
  lease_until_ms: msOrNull,
  /** When the hub is asked for something again: to subscribe, to renew, to unsubscribe. */
  next_attempt_ms: ms,
  failures: integer,
  /** Why it stands as it does, for the operator. */
  detail: textOrNull,
  trust: oneOf<HubTrust>(),
  pushes: integer,
  /** Items that a push brought before a poll saw them, and the other way about. */
  pushed_first: integer,
  polled_first: integer,
  /** Items that a poll found and no push ever brought. */
  missed: integer,
  last_push_ms: msOrNull,
  /** Appearances up to this id have been judged. */
  judged_id: integer,
};

/** A push that was received and is still to be read. */
const websub_push = {
  id: rowId,
  subscription_id: integer,
  received_ms: ms,
  content_type: textOrNull,
  content_encoding: textOrNull,
  attempts: integer,
  /** Base64. */
  body: text,
};

/** Entries that a hub has delivered, until they have been judged. */
const websub_seen = { subscription_id: integer, entry_key: text, at_ms: ms };

/** Every table, its columns and their types: the one description that types, writes and the schema test share. */
export const tables = {
  source,
  item,
  item_category,
  item_count,
  appearance,
  retired_key,
  event,
  stream_head,
  refresh,
  comment,
  comment_audit,
  read_seen,
  read_hour,
  setting,
  websub_subscriber,
  delivery,
  websub_subscription,
  websub_push,
  websub_seen,
  webhook,
} as const;

type RowOf<Columns> = { [Name in keyof Columns]: Columns[Name] extends Column<infer T> ? T : never };

/** The database as Kysely sees it. */
export type Tables = { [Name in keyof typeof tables]: RowOf<(typeof tables)[Name]> };

/** A row as it is read. */
export type Row<Name extends keyof Tables> = Selectable<Tables[Name]>;
