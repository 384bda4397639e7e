import type { Comment, CommentPage, CommentState, Moderated } from '../../domain/comments/comment.ts';
import type { ItemCounts, MostRead } from '../../domain/items/item-counts.ts';
import type { AddedComment, NewComment } from '../../store/readers/comment-repository.ts';
import type { Decision } from '../../store/readers/moderate-comments.ts';

/** What readers leave behind: their reads and their comments. */
export interface Readers {
  /** Of items that are shown; others are left out. */
  counts(ids: readonly number[]): Promise<readonly ItemCounts[]>;
  /** The most read items of the last hours, most read first; may be some minutes old. May be refused (503). */
  mostRead(hours: number): Promise<readonly MostRead[]>;
  /** Notes that somebody opened an item's page. Never waits and never fails: it is counted later. */
  noteVisit(visit: SeenVisit): void;
  readonly comments: CommentDesk;
  /** Of all nodes together and nobody else: the key behind form tokens and cookies. */
  readonly secret: string;
  /** Null: the admin side is off. */
  readonly adminToken: string | null;
  /** Stands in every admin session; changed, it ends them all, on every node. */
  adminGeneration(): Promise<string>;
  endAdminSessions(): Promise<void>;
}

/** Somebody at an item's page, as the request says. Kept in memory only, and no longer than a second. */
export interface SeenVisit {
  readonly itemId: number;
  readonly address: string;
  readonly agent: string;
}

/** Comments as the web writes and reads them. */
export interface CommentDesk {
  add(comment: NewComment): Promise<AddedComment>;
  shown(query: {
    readonly itemId: number;
    readonly before: number | null;
    readonly limit: number;
  }): Promise<CommentPage>;
  list(query: {
    readonly state: CommentState | null;
    readonly before: number | null;
    readonly limit: number;
  }): Promise<readonly Comment[]>;
  count(): Promise<Readonly<Record<CommentState, number>>>;
  moderate(decision: Decision): Promise<readonly Moderated[]>;
}
