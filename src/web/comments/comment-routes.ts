import { createHash, randomBytes } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { comparisonKey, countCodePoints } from '../../domain/comments/comment-text.ts';
import type { Item } from '../../domain/items/item.ts';
import type { AddCommentResult, NewComment } from '../../store/readers/comment-repository.ts';
import { readForm } from '../http/security/read-form.ts';
import { requireSameOrigin } from '../http/security/same-origin.ts';
import { sign } from '../http/security/signing.ts';
import type { PageServices } from '../pages/send-page.tsx';
import { type FormTokenCheck, verifyFormToken } from '../readers/comment-form-token.ts';
import { clientAddressOf } from '../shared/client-address.ts';
import { findItem } from '../shared/find-resource.ts';
import type { Readers } from '../shared/readers-port.ts';
import { RequestError } from '../shared/request-error.ts';
import { makeLinks } from '../views/layout/view-links.ts';
import { type CommentLimits, type CommentQuotas, createCommentLimits } from './comment-limits.ts';
import { type AcceptedComment, sendAccepted, sendSubmissionError } from './comment-responses.ts';
import {
  duplicateError,
  rateLimitError,
  type SubmissionError,
  truncateComment,
  validateComment,
} from './validate-comment.ts';

const maxFormBytes = 64 * 1024;
/** A comment with more links waits for a moderator. */
const maxLinksUnmoderated = 2;
/** A text of at most this length may be posted on several items: short replies repeat legitimately. */
const maxRepeatableChars = 40;
const authorCookie = 'newswire-author';
const authorCookieLifetimeS = 180 * 24 * 3600;

/** The fields of a submitted form. */
interface SubmittedForm {
  readonly name: string;
  readonly text: string;
  readonly token: string;
  /** The honeypot field: people leave it empty. */
  readonly subject: string;
}

interface CommentContext {
  readonly services: PageServices;
  readonly readers: Readers;
  readonly limits: CommentLimits;
}

/** `POST /items/:id/comments`. */
export function commentRoutes(app: Hono, services: PageServices, quotas?: CommentQuotas): void {
  const { readers } = services;
  if (readers === null) return;
  const context: CommentContext = { services, readers, limits: createCommentLimits(quotas) };
  const onError = (): never => {
    throw new RequestError({ status: 413, code: 'too_large', message: 'The form is too large.' });
  };
  app.post('/items/:id/comments', bodyLimit({ maxSize: maxFormBytes, onError }), (c) => submitComment(c, context));
  // A reload of the page that shows a rejection arrives as GET.
  app.get('/items/:id/comments', async (c) => {
    const item = await findItem(services, c.req.param('id') ?? '');
    return c.redirect(`${linksOf(services).item(item.id)}#comments`, 303);
  });
}

function linksOf({ publicUrl, files }: PageServices): ReturnType<typeof makeLinks> {
  return makeLinks(publicUrl, files.version);
}

async function submitComment(c: Context, context: CommentContext): Promise<Response> {
  const { services, readers, limits } = context;
  requireSameOrigin(c, services.publicUrl);
  const item = await findItem(services, c.req.param('id') ?? '');
  if (services.site().comments === 'off') throw commentsClosed();
  const sent = await readSubmittedForm(c);
  const form = verifyFormToken({ secret: readers.signingSecret, itemId: item.id }, sent.token, services.clock.now());
  if (form.kind === 'forged') throw badToken();
  const address = clientAddressOf(c, services);
  const waitS = await limits.consumeSubmission(address);
  const result =
    waitS !== null
      ? rateLimitError(waitS)
      : await validateAndStore({ ...context, item, address, form }, sent, authorOf(c));
  const validToken = form.kind === 'valid' ? sent.token : null;
  if ('code' in result) return sendSubmissionError(c, services, { item, error: result, submitted: sent, validToken });
  setAuthorCookie(c, services, result.author);
  return sendAccepted(c, services, { item, accepted: result });
}

/** A submission that is being validated and stored. */
interface SubmissionContext extends CommentContext {
  readonly item: Item;
  readonly address: string;
  readonly form: FormTokenCheck;
}

async function validateAndStore(
  context: SubmissionContext,
  sent: SubmittedForm,
  author: string,
): Promise<(AcceptedComment & { author: string }) | SubmissionError> {
  const { services, limits, address } = context;
  const isHoneypotFilled = sent.subject !== '';
  // A program that filled in the honeypot gets a normal confirmation: neither the trap nor other errors are revealed.
  const validation = isHoneypotFilled
    ? truncateComment(sent)
    : validateComment(sent, { form: context.form, siteTitle: services.site().title });
  if (validation.kind === 'invalid') return validation;
  const waitS = await limits.consumeStored(address);
  if (waitS !== null) return rateLimitError(waitS);
  const added = await context.readers.comments.add(
    newComment(context, sent, { ...validation, author, isHoneypotFilled }),
  );
  if (added.kind !== 'stored' || added.again) await limits.refund(address);
  return toResult(added, author);
}

function toResult(added: AddCommentResult, author: string): (AcceptedComment & { author: string }) | SubmissionError {
  switch (added.kind) {
    case 'stored': {
      const isPublished = added.state === 'approved';
      return { outcome: isPublished ? 'published' : 'pending', comment: isPublished ? added.comment : null, author };
    }
    case 'duplicate':
      return duplicateError;
    case 'no-item':
      throw new RequestError({ status: 410, code: 'withdrawn', message: 'This item was withdrawn.' });
  }
}

function newComment(
  { services, readers, item }: SubmissionContext,
  sent: SubmittedForm,
  of: { name: string; body: string; links: number; author: string; isHoneypotFilled: boolean },
): NewComment {
  const { name, body, links, author, isHoneypotFilled } = of;
  const key = comparisonKey(body);
  return {
    itemId: item.id,
    name,
    body,
    atMs: services.clock.now(),
    authorKey: sign(readers.signingSecret, 'comment author', [author]),
    postKey: sign(readers.signingSecret, 'sent comment', [sent.token, name, body, isHoneypotFilled ? 'trap' : '']),
    textHash: createHash('sha256').update(key).digest('base64url').slice(0, 22),
    mayRecur: countCodePoints(key) <= maxRepeatableChars,
    decide: ({ approvedBefore }) => {
      if (isHoneypotFilled) return { state: 'spam', reason: 'filled in the honeypot field' };
      if (services.site().comments !== 'open') return { state: 'pending', reason: null };
      if (links > maxLinksUnmoderated) return { state: 'pending', reason: `contains ${links} links` };
      return approvedBefore
        ? { state: 'approved', reason: null }
        : { state: 'pending', reason: 'first comment of this author' };
    },
  };
}

async function readSubmittedForm(c: Context): Promise<SubmittedForm> {
  const form = await readForm(c);
  const field = (name: string): string => form(name)[0] ?? '';
  return { name: field('name'), text: field('text'), token: field('token'), subject: field('subject') };
}

/** The random id in the cookie of this browser: it shows whether a comment of its author was approved before. */
function authorOf(c: Context): string {
  const known = getCookie(c, authorCookie) ?? '';
  return /^[\w-]{22}$/.test(known) ? known : randomBytes(16).toString('base64url');
}

function setAuthorCookie(c: Context, services: PageServices, author: string): void {
  setCookie(c, authorCookie, author, {
    path: `${linksOf(services).base}/items`,
    httpOnly: true,
    sameSite: 'Strict',
    secure: services.publicUrl.startsWith('https:'),
    maxAge: authorCookieLifetimeS,
  });
}

function commentsClosed(): RequestError {
  return new RequestError({ status: 403, code: 'comments_off', message: 'Comments are turned off on this site.' });
}

function badToken(): RequestError {
  const message = 'The form is not valid. Open the item page again and send your comment from there.';
  return new RequestError({ status: 403, code: 'bad_token', message });
}
