import type { Selectable } from 'kysely';
import type { CommentAction, CommentState } from '../../domain/comments/comment.ts';
import type { EventOp } from '../../domain/events/event.ts';
import type { WebhookOutcome } from '../../domain/events/webhook.ts';
import type { Failure } from '../../domain/failure.ts';
import type { Republish, WithdrawalReason } from '../../domain/items/item.ts';
import type { PollResult } from '../../domain/polling/poll.ts';
import type { HubTrust, SubscriptionState } from '../../domain/websub/websub-topics.ts';
import { alert_delivery, alert_incident, alert_receiver } from './alert-tables.ts';
import {
  type Column,
  integer,
  integerOrNull,
  ms,
  msOrNull,
  oneOf,
  oneOfOrNull,
  rowId,
  text,
  textOrNull,
} from './columns.ts';

/** The declared sources and the state of their polls. Rows are never deleted: state outlives a declaration. */
const source = {
  /** Immutable. `id` can change if the operator did not declare one. */
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
  /** The address that sent the validators: the end of a redirect chain, not its start. */
  validators_url: textOrNull,
  body_hash: textOrNull,
  next_check_ms: ms,
  /** JSON object: `NextCheckReason`. */
  next_check_reason: text,
  leased_until_ms: msOrNull,
  lease_token: textOrNull,
  /** When the lease was taken: a check that was requested later is still due when the lease ends. */
  leased_ms: msOrNull,
  failures: integer,
  first_failed_ms: msOrNull,
  last_outcome: oneOfOrNull<PollResult['outcome']>(),
  last_failure: oneOfOrNull<Failure>(),
  last_status: integerOrNull,
  last_detail: textOrNull,
  last_bytes: integerOrNull,
  last_duration_ms: integerOrNull,
  /** JSON array of `Note`. */
  last_notes: text,
  last_attempt_ms: msOrNull,
  last_success_ms: msOrNull,
  last_change_ms: msOrNull,
  first_read_done: integer,
  feed_title: textOrNull,
  site_url: textOrNull,
  /** JSON array of URLs: the hubs that the document or its Link header names. */
  hubs: text,
  /** The document's own `self` link: the topic at its hubs. */
  self_url: textOrNull,
  moved_to: textOrNull,
  gone_ms: msOrNull,
  poll_history: text,
  /** How many appearances have an item. */
  items: integer,
};

/** The merged items. Text, dates and image of an item come from the source that owns it. */
const item = {
  id: rowId,
  /** Canonical URL, or `source:entryKey`. */
  key: text,
  owner_ref: integer,
  /** 1 once ownership has passed to another source, which happens at most once. */
  owner_changed: integer,
  sort_ms: ms,
  /** The order of output feeds: the time of first sight, or `sort_ms` for backfill. Never changes. */
  arrival_ms: ms,
  first_seen_ms: ms,
  published_ms: msOrNull,
  updated_ms: msOrNull,
  withdrawn_ms: msOrNull,
  withdrawal_reason: oneOfOrNull<WithdrawalReason>(),
  revision: integer,
  backfill: integer,
  content_hash: text,
  /** JSON array of instants: the last edits, at most three. */
  recent_edits: text,
  language: textOrNull,
  /** The primary subtag in lower case, which filters match. */
  primary_language: textOrNull,
  url: textOrNull,
  title: text,
  author: textOrNull,
  image_url: textOrNull,
  /** JSON array of strings. */
  categories: text,
  /** JSON array of enclosures. */
  enclosures: text,
  summary: text,
  content_html: text,
};

/** The categories of items, in lower case, with copies of the item's times for index scans. */
const item_category = { category: text, item_id: integer, sort_ms: ms, arrival_ms: ms };

/**
 * Read and comment counts. Separate from `item`, because they change every second. `comments` counts the public ones;
 * `comments_revision` grows with every change of the public ones.
 */
const item_count = { item_id: integer, reads: integer, comments: integer, comments_revision: integer };

/** An entry of a source and its item. Without an item it is a tombstone: the entry is known and not stored again. */
const appearance = {
  id: rowId,
  source_ref: integer,
  entry_key: text,
  item_id: integerOrNull,
  /** Copies of the item's times, so that a listing of a source is one index scan. */
  sort_ms: ms,
  arrival_ms: ms,
  content_hash: text,
  guid: textOrNull,
  first_seen_ms: ms,
};

/** Keys of retired items: neither another source nor a new guid restores them. */
const retired_key = { key: text, retired_ms: ms };

/** The event log. `seq` is dense and grows in commit order. */
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
  /** JSON of the `Facets` of the item's previous event; null for an add. */
  previous_facets: textOrNull,
  /** JSON of the wire item without `page`, and without `html` if one of the next two columns has it. */
  body: text,
  at_ms: ms,
  /** The content of the item at the time of the event, if the item has another one now. */
  html: textOrNull,
  /** 1: the content of the item is still the one of the event. */
  html_in_item: integer,
};

/** A single row: epoch and bounds of the log. `changed_ms` is when an event was last appended. */
const event_log = { id: integer, epoch: text, head: integer, floor: integer, changed_ms: msOrNull };

/** One row for each poll, for the operator's charts. */
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
  /** Why it is pending or hidden; null: no reason was given. */
  reason: textOrNull,
  at_ms: ms,
  moderated_ms: msOrNull,
  moderated_by: textOrNull,
  /** Keyed hash of the browser's random id, by which earlier approvals are found. */
  author_key: textOrNull,
  /** Keyed hash of the form and its content: a form that is sent twice makes one comment. */
  post_key: textOrNull,
  /** Hash of the text without case and spaces, by which repetitions are found. */
  text_hash: textOrNull,
};

/** The moderation history. Rows are never changed. */
const comment_audit = {
  id: rowId,
  comment_id: integer,
  at_ms: ms,
  actor: text,
  action: oneOf<CommentAction>(),
  from_state: oneOf<CommentState>(),
  to_state: oneOf<CommentState>(),
};

/** Visits that were counted: hashes with a salt that changes daily and is then deleted. */
const counted_visit = { day: integer, hash: text, at_ms: ms };

const read_hour = { hour_ms: ms, item_id: integer, reads: integer };

/** Webhooks and the state of their deliveries. Rows outlive their declaration. */
const webhook = {
  id: text,
  url: text,
  epoch: text,
  /** The consumer's position: events up to it have been processed. */
  seq: integer,
  /** The position that was last sent to the receiver. */
  announced_seq: integer,
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

/** Values that all nodes share and nobody declares, such as secrets of the server. */
const setting = { name: text, value: text };

/** Subscribers to our output feeds, with their leases. */
const websub_subscriber = {
  id: rowId,
  topic: text,
  callback: text,
  /** The host of the callback, with its port. */
  host: text,
  secret: textOrNull,
  verified_ms: ms,
  lease_until_ms: ms,
  /** Identifies the content that was delivered last; null: none yet. */
  delivered_tag: textOrNull,
  delivered_ms: msOrNull,
  /** Consecutive failed attempts. */
  failures: integer,
};

/** A pending delivery of a topic's current content to a subscriber. */
const websub_delivery = {
  id: rowId,
  subscriber_id: integer,
  host: text,
  /** Incremented by each change of the topic: a change during an attempt causes another attempt. */
  generation: integer,
  attempts: integer,
  next_attempt_ms: ms,
  expires_ms: ms,
  leased_until_ms: msOrNull,
  lease_token: textOrNull,
};

/** Our own subscriptions: a source's topic at one of its hubs. */
const websub_subscription = {
  id: rowId,
  /** The last segment of the callback's path. Unguessable. */
  callback_id: text,
  source_ref: integer,
  hub: text,
  topic: text,
  secret: textOrNull,
  state: oneOf<SubscriptionState>(),
  requested_ms: msOrNull,
  confirmed_ms: msOrNull,
  lease_until_ms: msOrNull,
  /** When the next request is sent to the hub: to subscribe, renew or unsubscribe. */
  next_attempt_ms: ms,
  failures: integer,
  /** The reason of the state, for the operator. */
  detail: textOrNull,
  trust: oneOf<HubTrust>(),
  pushes: integer,
  /** Items that a push brought before a poll, and the reverse. */
  pushed_first: integer,
  polled_first: integer,
  /** Items that a poll found and no push brought. */
  missed: integer,
  last_push_ms: msOrNull,
  /** Appearances up to this id have been evaluated. */
  evaluated_id: integer,
};

/** Received pushes that are not processed yet. */
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

/** Entries that a hub has pushed, until they have been evaluated. */
const websub_pushed_entry = { subscription_id: integer, entry_key: text, at_ms: ms };

/** The remote lists of sources, by the keys of their declarations. */
const remote_list = {
  key: text,
  /** Digest of the URL and headers of the last read. */
  request_hash: text,
  /** JSON of `ListContent`. Without secrets: URLs contain the mask instead. */
  content: text,
  etag: textOrNull,
  last_modified: textOrNull,
  validators_url: textOrNull,
  body_hash: textOrNull,
  failures: integer,
  next_read_ms: ms,
};

/** All tables with their columns: the one description that the types, the writes and the schema test share. */
export const tables = {
  source,
  item,
  item_category,
  item_count,
  appearance,
  retired_key,
  event,
  event_log,
  refresh,
  comment,
  comment_audit,
  counted_visit,
  read_hour,
  setting,
  websub_subscriber,
  websub_delivery,
  websub_subscription,
  websub_push,
  websub_pushed_entry,
  webhook,
  remote_list,
  alert_incident,
  alert_delivery,
  alert_receiver,
} as const;

type RowOf<Columns> = { [Name in keyof Columns]: Columns[Name] extends Column<infer T> ? T : never };

/** The database as Kysely sees it. */
export type Tables = { [Name in keyof typeof tables]: RowOf<(typeof tables)[Name]> };

/** A row, as a query returns it. */
export type Row<Name extends keyof Tables> = Selectable<Tables[Name]>;

/** Parses a JSON column, whose content Newswire has written. */
export function fromJson<T>(json: string): T {
  return JSON.parse(json);
}
