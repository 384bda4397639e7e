import type { Context } from 'hono';
import type { Comment } from '../../domain/comments/comment.ts';
import type { Item } from '../../domain/items/item.ts';
import { pagePolicy } from '../http/security/security-headers.ts';
import { newCommentForm, renderItemPage } from '../pages/item-route.tsx';
import type { PageServices } from '../pages/send-page.tsx';
import { type CommentOutcome, outcomeMessage } from '../readers/comment-outcome.ts';
import { makeLinks } from '../views/layout/view-links.ts';
import { toPublicComment } from './public-comment.ts';
import { minFormAgeMs, type SubmissionError, type SubmittedComment } from './validate-comment.ts';

/** A comment that was taken. */
export interface AcceptedComment {
  readonly outcome: CommentOutcome;
  /** Null: it is not shown yet. */
  readonly comment: Comment | null;
}

/** Tells a writer why a comment was not taken: 422, or 429 with the wait. What was written is kept. */
export async function sendSubmissionError(
  c: Context,
  parts: PageServices,
  of: { item: Item; refusal: SubmissionError; sent: SubmittedComment; goodToken: string | null },
): Promise<Response> {
  const { item, refusal, sent, goodToken } = of;
  const status = refusal.code === 'rate_limited' ? 429 : 422;
  const blank = newCommentForm(parts, item.id, minFormAgeMs);
  // The old token counts on: the time since the page was opened is not to begin anew.
  const token = goodToken ?? blank.token;
  c.header('Cache-Control', 'no-store');
  if (refusal.retryAfterS !== undefined) c.header('Retry-After', String(refusal.retryAfterS));
  if (wantsJson(c)) {
    const { code, field, message, retryAfterS = null } = refusal;
    return c.json({ outcome: 'refused', error: { code, message }, field, retryAfterS, token }, status);
  }
  const form = { ...blank, token, name: sent.name, text: sent.text, refused: refusal };
  const document = await renderItemPage(parts, { item, form, before: null });
  c.header('Content-Security-Policy', pagePolicy(parts.pictureOrigins ?? []));
  return c.html(document, status);
}

/** Tells a writer what becomes of a comment: on the page again, so that a reload sends nothing twice. */
export function sendAccepted(c: Context, parts: PageServices, of: { item: Item; taken: AcceptedComment }): Response {
  const { outcome, comment } = of.taken;
  c.header('Cache-Control', 'no-store');
  if (wantsJson(c)) {
    const { token } = newCommentForm(parts, of.item.id);
    const shown = comment === null ? null : toPublicComment(comment);
    return c.json({ outcome, message: outcomeMessage(outcome), comment: shown, token }, outcome === 'held' ? 202 : 201);
  }
  const page = makeLinks(parts.publicUrl(), parts.files.version).item(of.item.id);
  return c.redirect(`${page}?comment=${outcome}#write-comment`, 303);
}

function wantsJson(c: Context): boolean {
  return (c.req.header('accept') ?? '').includes('application/json');
}
