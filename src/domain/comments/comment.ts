/** The moderation state. Only approved comments are public. A comment is deleted only together with its item. */
export type CommentState = 'pending' | 'approved' | 'rejected' | 'spam';

export const commentStates: readonly CommentState[] = ['pending', 'approved', 'rejected', 'spam'];

/** What a moderator can do. `undo` restores the state before the last decision. */
export type CommentAction = 'approve' | 'reject' | 'spam' | 'undo';

export const commentActions: readonly CommentAction[] = ['approve', 'reject', 'spam', 'undo'];

/** A comment as readers see it. Name and body are plain text, normalised before they were stored. */
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
  /** Why it is pending or spam; null: no reason is recorded. */
  readonly reason: string | null;
  readonly moderatedMs: number | null;
  readonly moderatedBy: string | null;
}

/** A page of the comments of an item, read in one transaction. */
export interface CommentPage {
  /** Newest first. */
  readonly comments: readonly Comment[];
  /** Id that the next page starts below; null on the last page. */
  readonly next: number | null;
  readonly total: number;
  readonly revision: number;
}

/** The state change of one comment. */
export interface ModerationResult {
  readonly id: number;
  readonly from: CommentState;
  readonly to: CommentState;
}

/** Maximum code points of a comment text. */
export const maxCommentChars = 512;
/** Maximum code points of an author's name. */
export const maxNameChars = 60;

/** The notice above the form, unless the configuration sets another. */
export const defaultCommentsNotice =
  'Readers are asked to avoid religious, racial and national discrimination, offensive and derogatory expressions and appeals contrary to law.';
