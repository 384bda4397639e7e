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

/** An accepted comment. */
export interface AcceptedComment {
  readonly outcome: CommentOutcome;
  /** Null: it waits for a moderator. */
  readonly comment: Comment | null;
}

/** Sends the reason of a rejection: 422, or 429 with `Retry-After`. The form keeps what was entered. */
export async function sendSubmissionError(
  c: Context,
  services: PageServices,
  response: { item: Item; error: SubmissionError; submitted: SubmittedComment; validToken: string | null },
): Promise<Response> {
  const { item, error, submitted, validToken } = response;
  const status = error.code === 'rate_limited' ? 429 : 422;
  const blank = newCommentForm(services, item.id, minFormAgeMs);
  // A valid token is reused: a new one would restart the minimum age of the form.
  const token = validToken ?? blank.token;
  c.header('Cache-Control', 'no-store');
  if (error.retryAfterS !== undefined) c.header('Retry-After', String(error.retryAfterS));
  if (wantsJson(c)) {
    const { code, field, message, retryAfterS = null } = error;
    return c.json({ outcome: 'refused', error: { code, message }, field, retryAfterS, token }, status);
  }
  const form = { ...blank, token, name: submitted.name, text: submitted.text, error };
  const document = await renderItemPage(services, { item, form, before: null });
  c.header('Content-Security-Policy', pagePolicy(services.pictureOrigins ?? []));
  return c.html(document, status);
}

/** Confirms an accepted comment. A browser is redirected to the item page, so that a reload does not submit again. */
export function sendAccepted(
  c: Context,
  services: PageServices,
  response: { item: Item; accepted: AcceptedComment },
): Response {
  const { outcome, comment } = response.accepted;
  c.header('Cache-Control', 'no-store');
  if (wantsJson(c)) {
    const { token } = newCommentForm(services, response.item.id);
    const published = comment === null ? null : toPublicComment(comment);
    return c.json(
      { outcome, message: outcomeMessage(outcome), comment: published, token },
      outcome === 'pending' ? 202 : 201,
    );
  }
  const page = makeLinks(services.publicUrl, services.files.version).item(response.item.id);
  return c.redirect(`${page}?comment=${outcome}#write-comment`, 303);
}

function wantsJson(c: Context): boolean {
  return (c.req.header('accept') ?? '').includes('application/json');
}
