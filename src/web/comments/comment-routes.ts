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
import { clientAddressOf } from '../shared/client-of.ts';
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
/** More links than this are looked at before anybody sees them. */
const maxLinksUnmoderated = 2;
/** A text of at most this length says nothing new often enough: it may stand at several items. */
const maxRepeatableChars = 40;
const writerCookie = 'newswire-writer';
const writerCookieLifetimeS = 180 * 24 * 3600;

/** A form as it came in. */
interface SubmittedForm {
  readonly name: string;
  readonly text: string;
  readonly token: string;
  /** What only a program fills in. */
  readonly subject: string;
}

interface CommentContext {
  readonly parts: PageServices;
  readonly readers: Readers;
  readonly limits: CommentLimits;
}

/** `POST /items/:id/comments`. */
export function commentRoutes(app: Hono, parts: PageServices, quotas?: CommentQuotas): void {
  const { readers } = parts;
  if (readers === null) return;
  const desk: CommentContext = { parts, readers, limits: createCommentLimits(quotas) };
  const onError = (): never => {
    throw new RequestError({ status: 413, code: 'too_large', message: 'That is far too long for a comment.' });
  };
  app.post('/items/:id/comments', bodyLimit({ maxSize: maxFormBytes, onError }), (c) => submitComment(c, desk));
  // Whoever reloads the page that a refusal left behind comes by GET.
  app.get('/items/:id/comments', async (c) => {
    const item = await findItem(parts, c.req.param('id') ?? '');
    return c.redirect(`${linksOf(parts).item(item.id)}#comments`, 303);
  });
}

function linksOf({ publicUrl, files }: PageServices): ReturnType<typeof makeLinks> {
  return makeLinks(publicUrl(), files.version);
}

async function submitComment(c: Context, desk: CommentContext): Promise<Response> {
  const { parts, readers, limits } = desk;
  requireSameOrigin(c, parts.publicUrl());
  const item = await findItem(parts, c.req.param('id') ?? '');
  if (parts.site().comments === 'off') throw commentsClosed();
  const sent = await readSubmittedForm(c);
  const form = verifyFormToken({ secret: readers.signingSecret, itemId: item.id }, sent.token, parts.clock.now());
  if (form.kind === 'forged') throw badToken();
  const address = clientAddressOf(c, parts);
  const waitS = await limits.consumeSubmission(address);
  const refusal = waitS === null ? null : rateLimitError(waitS);
  const taken = refusal ?? (await validateAndStore({ ...desk, item, address, form }, sent, writerOf(c)));
  const goodToken = form.kind === 'good' ? sent.token : null;
  if ('code' in taken) return sendSubmissionError(c, parts, { item, refusal: taken, sent, goodToken });
  rememberWriter(c, parts, taken.writer);
  return sendAccepted(c, parts, { item, taken });
}

interface SubmissionContext extends CommentContext {
  readonly item: Item;
  readonly address: string;
  readonly form: FormTokenCheck;
}

async function validateAndStore(
  at: SubmissionContext,
  sent: SubmittedForm,
  writer: string,
): Promise<(AcceptedComment & { writer: string }) | SubmissionError> {
  const { parts, limits, address } = at;
  const isTrapped = sent.subject !== '';
  // A program in the trap is told nothing: neither that it was caught, nor what else was wrong.
  const verdict = isTrapped
    ? truncateComment(sent)
    : validateComment(sent, { form: at.form, siteTitle: parts.site().title });
  if (verdict.kind === 'refused') return verdict;
  const waitS = await limits.consumeStored(address);
  if (waitS !== null) return rateLimitError(waitS);
  const added = await at.readers.comments.add(newComment(at, sent, { ...verdict, writer, isTrapped }));
  if (added.kind !== 'stored' || added.again) await limits.refund(address);
  return resultOf(added, writer);
}

function resultOf(added: AddCommentResult, writer: string): (AcceptedComment & { writer: string }) | SubmissionError {
  switch (added.kind) {
    case 'stored': {
      const isShown = added.state === 'approved';
      return { outcome: isShown ? 'published' : 'held', comment: isShown ? added.comment : null, writer };
    }
    case 'duplicate':
      return duplicateError;
    case 'no-item':
      throw new RequestError({ status: 410, code: 'withdrawn', message: 'This item was withdrawn in the meantime.' });
  }
}

function newComment(
  { parts, readers, item }: SubmissionContext,
  sent: SubmittedForm,
  of: { name: string; body: string; links: number; writer: string; isTrapped: boolean },
): NewComment {
  const { name, body, links, writer, isTrapped } = of;
  const same = comparisonKey(body);
  return {
    itemId: item.id,
    name,
    body,
    atMs: parts.clock.now(),
    authorKey: sign(readers.signingSecret, 'comment writer', [writer]),
    postKey: sign(readers.signingSecret, 'sent comment', [sent.token, name, body, isTrapped ? 'trap' : '']),
    textHash: createHash('sha256').update(same).digest('base64url').slice(0, 22),
    mayRecur: countCodePoints(same) <= maxRepeatableChars,
    decide: ({ approvedBefore }) => {
      if (isTrapped) return { state: 'spam', reason: 'filled in the field that people do not see' };
      if (parts.site().comments !== 'open') return { state: 'pending', reason: null };
      if (links > maxLinksUnmoderated) return { state: 'pending', reason: `holds ${links} links` };
      return approvedBefore
        ? { state: 'approved', reason: null }
        : { state: 'pending', reason: 'the first comment of its writer' };
    },
  };
}

async function readSubmittedForm(c: Context): Promise<SubmittedForm> {
  const form = await readForm(c);
  const field = (name: string): string => form(name)[0] ?? '';
  return { name: field('name'), text: field('text'), token: field('token'), subject: field('subject') };
}

/** The random name of this browser, by which it is known that its writer was approved before. */
function writerOf(c: Context): string {
  const known = getCookie(c, writerCookie) ?? '';
  return /^[\w-]{22}$/.test(known) ? known : randomBytes(16).toString('base64url');
}

function rememberWriter(c: Context, parts: PageServices, writer: string): void {
  setCookie(c, writerCookie, writer, {
    path: `${linksOf(parts).base}/items`,
    httpOnly: true,
    sameSite: 'Strict',
    secure: parts.publicUrl().startsWith('https:'),
    maxAge: writerCookieLifetimeS,
  });
}

function commentsClosed(): RequestError {
  return new RequestError({ status: 403, code: 'comments_off', message: 'Comments are not open on this site.' });
}

function badToken(): RequestError {
  const message = 'This form is not one of ours. Please open the page again and send your comment from there.';
  return new RequestError({ status: 403, code: 'bad_token', message });
}
