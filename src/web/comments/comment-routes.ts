import { createHash, randomBytes } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { countChars, sameness } from '../../domain/comments/comment-text.ts';
import type { Item } from '../../domain/items/item.ts';
import type { AddedComment, NewComment } from '../../store/readers/comment-repository.ts';
import { readForm } from '../http/read-form.ts';
import { requireSameOrigin } from '../http/same-origin.ts';
import { sealOf } from '../http/signing.ts';
import type { PageParts } from '../pages/send-page.tsx';
import type { Readers } from '../readers/readers-port.ts';
import { clientOf } from '../shared/client-of.ts';
import { findItem } from '../shared/find.ts';
import { RequestError } from '../shared/request-error.ts';
import { makeLinks } from '../views/view-links.ts';
import { type CommentLimits, type CommentQuotas, createCommentLimits } from './comment-limits.ts';
import { answerRefusal, answerTaken, type Taken } from './comment-responses.ts';
import { type FormAge, readFormToken } from './form-token.ts';
import { duplicate, judgeComment, keepAsItIs, type Refusal, rateLimited } from './validate-comment.ts';

const maxFormBytes = 64 * 1024;
/** More links than this are looked at before anybody sees them. */
const maxLinksUnseen = 2;
/** A text of at most this length says nothing new often enough: it may stand at several items. */
const recurringChars = 40;
const writerCookie = 'newswire-writer';
const writerForS = 180 * 24 * 3600;

/** A form as it came in. */
interface SentForm {
  readonly name: string;
  readonly text: string;
  readonly token: string;
  /** What only a program fills in. */
  readonly subject: string;
}

interface Desk {
  readonly parts: PageParts;
  readonly readers: Readers;
  readonly limits: CommentLimits;
}

/** `POST /items/:id/comments`. */
export function commentRoutes(app: Hono, parts: PageParts, quotas?: CommentQuotas): void {
  const { readers } = parts;
  if (readers === null) return;
  const desk: Desk = { parts, readers, limits: createCommentLimits(quotas) };
  const onError = (): never => {
    throw new RequestError({ status: 413, code: 'too_large', message: 'That is far too long for a comment.' });
  };
  app.post('/items/:id/comments', bodyLimit({ maxSize: maxFormBytes, onError }), (c) => takeComment(c, desk));
  // Whoever reloads the page that a refusal left behind comes by GET.
  app.get('/items/:id/comments', async (c) => {
    const item = await findItem(parts, c.req.param('id') ?? '');
    return c.redirect(`${linksOf(parts).item(item.id)}#comments`, 303);
  });
}

function linksOf({ publicUrl, files }: PageParts): ReturnType<typeof makeLinks> {
  return makeLinks(publicUrl(), files.version);
}

async function takeComment(c: Context, desk: Desk): Promise<Response> {
  const { parts, readers, limits } = desk;
  requireSameOrigin(c, parts.publicUrl());
  const item = await findItem(parts, c.req.param('id') ?? '');
  if (parts.site().comments === 'off') throw closed();
  const sent = await readSent(c);
  const form = readFormToken({ secret: readers.secret, itemId: item.id }, sent.token, parts.clock.now());
  if (form.kind === 'forged') throw forged();
  const address = clientOf(c, parts);
  const waitS = await limits.send(address);
  const refusal = waitS === null ? null : rateLimited(waitS);
  const taken = refusal ?? (await judgeAndStore({ ...desk, item, address, form }, sent, writerOf(c)));
  const goodToken = form.kind === 'good' ? sent.token : null;
  if ('code' in taken) return answerRefusal(c, parts, { item, refusal: taken, sent, goodToken });
  rememberWriter(c, parts, taken.writer);
  return answerTaken(c, parts, { item, taken });
}

interface Case extends Desk {
  readonly item: Item;
  readonly address: string;
  readonly form: FormAge;
}

async function judgeAndStore(
  at: Case,
  sent: SentForm,
  writer: string,
): Promise<(Taken & { writer: string }) | Refusal> {
  const { parts, limits, address } = at;
  const isTrapped = sent.subject !== '';
  // A program in the trap is told nothing: neither that it was caught, nor what else was wrong.
  const verdict = isTrapped ? keepAsItIs(sent) : judgeComment(sent, { form: at.form, siteTitle: parts.site().title });
  if (verdict.kind === 'refused') return verdict;
  const waitS = await limits.store(address);
  if (waitS !== null) return rateLimited(waitS);
  const added = await at.readers.comments.add(newComment(at, sent, { ...verdict, writer, isTrapped }));
  if (added.kind !== 'stored' || added.again) await limits.giveBack(address);
  return resultOf(added, writer);
}

function resultOf(added: AddedComment, writer: string): (Taken & { writer: string }) | Refusal {
  switch (added.kind) {
    case 'stored': {
      const isShown = added.state === 'approved';
      return { outcome: isShown ? 'published' : 'held', comment: isShown ? added.comment : null, writer };
    }
    case 'duplicate':
      return duplicate;
    case 'no-item':
      throw new RequestError({ status: 410, code: 'withdrawn', message: 'This item was withdrawn in the meantime.' });
  }
}

function newComment(
  { parts, readers, item }: Case,
  sent: SentForm,
  of: { name: string; body: string; links: number; writer: string; isTrapped: boolean },
): NewComment {
  const { name, body, links, writer, isTrapped } = of;
  const same = sameness(body);
  return {
    itemId: item.id,
    name,
    body,
    atMs: parts.clock.now(),
    authorKey: sealOf(readers.secret, 'comment writer', [writer]),
    postKey: sealOf(readers.secret, 'sent comment', [sent.token, name, body, isTrapped ? 'trap' : '']),
    textHash: createHash('sha256').update(same).digest('base64url').slice(0, 22),
    mayRecur: countChars(same) <= recurringChars,
    decide: ({ approvedBefore }) => {
      if (isTrapped) return { state: 'spam', reason: 'filled in the field that people do not see' };
      if (parts.site().comments !== 'open') return { state: 'pending', reason: null };
      if (links > maxLinksUnseen) return { state: 'pending', reason: `holds ${links} links` };
      return approvedBefore
        ? { state: 'approved', reason: null }
        : { state: 'pending', reason: 'the first comment of its writer' };
    },
  };
}

async function readSent(c: Context): Promise<SentForm> {
  const form = await readForm(c);
  const field = (name: string): string => form(name)[0] ?? '';
  return { name: field('name'), text: field('text'), token: field('token'), subject: field('subject') };
}

/** The random name of this browser, by which it is known that its writer was approved before. */
function writerOf(c: Context): string {
  const known = getCookie(c, writerCookie) ?? '';
  return /^[\w-]{22}$/.test(known) ? known : randomBytes(16).toString('base64url');
}

function rememberWriter(c: Context, parts: PageParts, writer: string): void {
  setCookie(c, writerCookie, writer, {
    path: `${linksOf(parts).base}/items`,
    httpOnly: true,
    sameSite: 'Strict',
    secure: parts.publicUrl().startsWith('https:'),
    maxAge: writerForS,
  });
}

function closed(): RequestError {
  return new RequestError({ status: 403, code: 'comments_off', message: 'Comments are not open on this site.' });
}

function forged(): RequestError {
  const message = 'This form is not one of ours. Please open the page again and send your comment from there.';
  return new RequestError({ status: 403, code: 'bad_token', message });
}
