import type { CommentPage, CommentState, ModerationEntry, ModerationResult } from '../../domain/comments/comment.ts';
import type { ItemCounts, MostRead } from '../../domain/items/item-counts.ts';
import type { AddCommentResult, NewComment } from '../../store/readers/comment-repository.ts';
import type { ModerationDecision } from '../../store/readers/moderate-comments.ts';

/** What readers leave behind: their reads and their comments. */
export interface Readers {
  /** Of items that are shown; others are left out. */
  counts(ids: readonly number[]): Promise<readonly ItemCounts[]>;
  /** The most read items of the last hours, most read first; may be some minutes old. May be refused (503). */
  mostRead(hours: number): Promise<readonly MostRead[]>;
  /** Notes that somebody opened an item's page. Never waits and never fails: it is counted later. */
  recordVisit(visit: PageVisit): void;
  readonly comments: CommentRepository;
  /** Of all nodes together and nobody else: the key behind form tokens and cookies. */
  readonly signingSecret: string;
  /** Null: the admin side is off. */
  readonly adminToken: string | null;
  /** Stands in every admin session; changed, it ends them all, on every node. */
  adminGeneration(): Promise<string>;
  endAdminSessions(): Promise<void>;
}

/** Somebody at an item's page, as the request says. Kept in memory only, and no longer than a second. */
export interface PageVisit {
  readonly itemId: number;
  readonly address: string;
  readonly agent: string;
}

/** Comments as the web writes and reads them. */
export interface CommentRepository {
  add(comment: NewComment): Promise<AddCommentResult>;
  listApproved(query: {
    readonly itemId: number;
    readonly before: number | null;
    readonly limit: number;
  }): Promise<CommentPage>;
  list(query: {
    readonly state: CommentState | null;
    readonly before: number | null;
    readonly limit: number;
  }): Promise<readonly ModerationEntry[]>;
  count(): Promise<Readonly<Record<CommentState, number>>>;
  moderate(decision: ModerationDecision): Promise<readonly ModerationResult[]>;
}
