import type { Comment } from '../../domain/comments/comment.ts';
import { linkify, type TextPart } from '../../domain/comments/comment-text.ts';

/** A comment as scripts are told of it. */
export interface PublicComment {
  readonly id: number;
  readonly name: string;
  readonly at: string;
  /** All pieces together are the text. */
  readonly parts: readonly TextPart[];
}

/** A comment in the form of the API. */
export function toPublicComment({ id, name, body, atMs }: Comment): PublicComment {
  return { id, name, at: new Date(atMs).toISOString(), parts: linkify(body) };
}
