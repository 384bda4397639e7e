import { assertNever } from './domain/assert-never.ts';
import type { DocumentResult, DocumentTask, RawDocument } from './domain/items/document-task.ts';
import type { FeedDescription } from './domain/items/feed-description.ts';
import type { NormalisedFeed, Unreadable } from './domain/items/item.ts';
import type { NormaliseTask } from './domain/items/normalise-task.ts';
import { describeFeed } from './normalise/describe-feed.ts';
import { sanitiseHtml } from './normalise/html/sanitise.ts';
import { normaliseFeed } from './normalise/normalise-feed.ts';
import { discoverFeeds } from './parse/discover-feeds.ts';
import { parseFeed } from './parse/parse-feed.ts';

/**
 * Parses and normalises one document. Runs in a worker process, because a hostile document may use all the time and
 * memory that it is given.
 */
export async function normaliseDocument(task: NormaliseTask): Promise<NormalisedFeed | Unreadable> {
  const parsed = await parseFeed({ body: task.body, contentType: task.contentType });
  return parsed.kind === 'parsed' ? normaliseFeed(parsed.feed, task.options) : parsed;
}

/** Parses one document with the same rules, and returns its entries as published. */
export async function describeDocument(task: RawDocument): Promise<FeedDescription | Unreadable> {
  const parsed = await parseFeed({ body: task.body, contentType: task.contentType });
  return parsed.kind === 'parsed' ? describeFeed(parsed.feed, { url: task.url }) : parsed;
}

/** Runs a task. */
export default async function runTask(task: DocumentTask): Promise<DocumentResult> {
  switch (task.kind) {
    case 'normalise':
      return await normaliseDocument(task);
    case 'describe':
      return await describeDocument(task);
    case 'discover':
      return discoverFeeds(task);
    case 'clean':
      return { kind: 'cleaned', html: sanitiseHtml(task.html, { baseUrl: null }) };
    default:
      return assertNever(task);
  }
}
