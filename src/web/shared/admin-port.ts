import type { CommentState, ModerationEntry, ModerationResult } from '../../domain/comments/comment.ts';
import type { ModerationDecision } from '../../store/readers/moderate-comments.ts';

/** What the admin pages need. It exists only when ADMIN_TOKEN is set. */
export interface AdminPort {
  /** The value of ADMIN_TOKEN. */
  readonly token: string;
  /** The key of session cookies and CSRF tokens, shared by all nodes. */
  readonly signingSecret: string;
  /** Part of every session. A new generation ends all sessions on all nodes. */
  sessionGeneration(): Promise<string>;
  endSessions(): Promise<void>;
  readonly comments: ModerationRepository;
}

/** The comments as moderators see them. */
interface ModerationRepository {
  /** @returns comments in a state (null: in any), newest first. */
  list(query: {
    readonly state: CommentState | null;
    /** Only comments with a lower id; null: the newest. */
    readonly before: number | null;
    readonly limit: number;
  }): Promise<readonly ModerationEntry[]>;
  countByState(): Promise<Readonly<Record<CommentState, number>>>;
  moderate(decision: ModerationDecision): Promise<readonly ModerationResult[]>;
}
