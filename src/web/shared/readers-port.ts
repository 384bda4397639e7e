import type { CommentPage } from '../../domain/comments/comment.ts';
import type { ItemCounts, MostRead } from '../../domain/items/item-counts.ts';
import type { AddCommentResult, NewComment } from '../../store/readers/comment-repository.ts';

/** Read counts and comments: the data that readers create. */
export interface Readers {
  /** Read and comment counts. Items that are not public are left out. */
  counts(ids: readonly number[]): Promise<readonly ItemCounts[]>;
  /**
   * The most read items of the last hours, most read first. The list may be some minutes old.
   *
   * @throws RequestError 503 when the query queue is full.
   */
  mostRead(hours: number): Promise<readonly MostRead[]>;
  /** Records that an item page was opened. Returns at once and never throws: the visit is stored later. */
  recordVisit(visit: PageVisit): void;
  readonly comments: CommentRepository;
  /** The key of form tokens and author ids, shared by all nodes. */
  readonly signingSecret: string;
}

/** A visit of an item page. It stays in memory only, for at most a second. */
export interface PageVisit {
  readonly itemId: number;
  readonly address: string;
  readonly agent: string;
}

/** The comments that readers see and write. */
interface CommentRepository {
  add(comment: NewComment): Promise<AddCommentResult>;
  /** @returns approved comments of an item, newest first. */
  listApproved(query: {
    readonly itemId: number;
    /** Only comments with a lower id; null: the newest. */
    readonly before: number | null;
    readonly limit: number;
  }): Promise<CommentPage>;
}
