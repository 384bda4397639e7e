import type { DigestTask } from './digest-task.ts';
import type { FeedDescription } from './feed-description.ts';
import type { Digest, Unreadable } from './item.ts';

/** A document to be told as it is. */
export interface DescribeTask {
  readonly body: Uint8Array;
  readonly contentType: string | null;
  /** The URL that answered: the base of last resort; empty when there was none. */
  readonly url: string;
}

/** What a worker process is asked of one document. */
export type DocumentTask = ({ readonly kind: 'digest' } & DigestTask) | ({ readonly kind: 'describe' } & DescribeTask);

/** What it answers, by its kind. */
export type DocumentAnswer = Digest | FeedDescription | Unreadable;
