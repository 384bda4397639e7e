/** Where a comment stands. Only approved ones are shown; none is ever deleted, but with its item. */
export type CommentState = 'pending' | 'approved' | 'rejected' | 'spam';

export const commentStates: readonly CommentState[] = ['pending', 'approved', 'rejected', 'spam'];

/** What a moderator may do. `undo` takes a comment back to where it stood before the last decision. */
export type CommentAction = 'approve' | 'reject' | 'spam' | 'undo';

export const commentActions: readonly CommentAction[] = ['approve', 'reject', 'spam', 'undo'];

/** A comment as readers see it. Both texts are plain text, cleaned when they came in. */
export interface Comment {
  readonly id: number;
  readonly name: string;
  readonly body: string;
  readonly atMs: number;
}

/** A comment as moderators see it. */
export interface ModerationEntry extends Comment {
  readonly item: { readonly id: number; readonly title: string; readonly withdrawn: boolean };
  readonly state: CommentState;
  /** Why it waits or is hidden; null: nothing was said. */
  readonly reason: string | null;
  readonly moderatedMs: number | null;
  readonly moderatedBy: string | null;
}

/** The newest comments of an item, and what else there is to know of them; all of one instant. */
export interface CommentPage {
  /** Newest first. */
  readonly comments: readonly Comment[];
  /** Id that the next page begins below; null on the last. */
  readonly next: number | null;
  readonly total: number;
  readonly revision: number;
}

/** What became of a moderator's decision on one comment. */
export interface ModerationResult {
  readonly id: number;
  readonly from: CommentState;
  readonly to: CommentState;
}

/** Most code points of a comment's text. */
export const maxCommentChars = 512;
/** Most code points of a commenter's name. */
export const maxNameChars = 60;

/** What is said above the form unless the operator says something else. */
export const defaultCommentsNotice =
  'Readers are asked to avoid religious, racial and national discrimination, offensive and derogatory expressions and appeals contrary to law.';
