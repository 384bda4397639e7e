import type { Comment } from '../../domain/comments/comment.ts';
import { linkify, type TextPart } from '../../domain/comments/comment-text.ts';

/** A comment in the JSON API. */
export interface PublicComment {
  readonly id: number;
  readonly name: string;
  readonly at: string;
  /** The text, split at its links. */
  readonly parts: readonly TextPart[];
}

/** Converts a comment to its JSON form. */
export function toPublicComment({ id, name, body, atMs }: Comment): PublicComment {
  return { id, name, at: new Date(atMs).toISOString(), parts: linkify(body) };
}
