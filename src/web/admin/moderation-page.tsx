import type { Context } from 'hono';
import {
  type CommentAction,
  type CommentState,
  commentActions,
  commentStates,
  type ModerationResult,
} from '../../domain/comments/comment.ts';
import type { FormFields } from '../http/security/read-form.ts';
import { createPageContext, renderDocument } from '../pages/send-page.tsx';
import { badRequest } from '../shared/request-error.ts';
import { type AdminContext, AdminHead, adminLinks, sendAdminPage } from './admin-context.tsx';
import type { AdminSession } from './admin-session.ts';
import { Moderation } from './moderation-view.tsx';

const pageComments = 50;

/** `GET /admin/comments?state=…&before=…` */
export async function moderationPage(c: Context, context: AdminContext, session: AdminSession): Promise<Response> {
  const { services, admin } = context;
  const state = parseStateFilter(c.req.query('state'));
  const before = Number(/^[1-9]\d{0,14}$/.exec(c.req.query('before') ?? '')?.[0] ?? 0) || null;
  const [comments, counts] = await Promise.all([
    admin.comments.list({ state, before, limit: pageComments + 1 }),
    admin.comments.countByState(),
  ]);
  const page = createPageContext(services, { at: 'elsewhere' });
  const head = { title: 'Comments', description: null, canonical: null, feedPath: null };
  const shown = comments.slice(0, pageComments);
  const content = (
    <main id="main" class="wide" tabindex={-1}>
      <Moderation
        comments={shown}
        next={comments.length > pageComments ? (shown.at(-1)?.id ?? null) : null}
        counts={counts}
        states={commentStates}
        state={state}
        applied={parseApplied(c.req.query('applied'))}
        csrfToken={session.csrfToken}
        admin={adminLinks(context).admin}
        context={page}
      />
    </main>
  );
  return sendAdminPage(
    c,
    renderDocument(
      page,
      { ...head, extra: <AdminHead links={page.links} script="client/browser/admin-page.js" /> },
      content,
    ),
  );
}

/** `POST /admin/comments` */
export async function applyDecision(c: Context, context: AdminContext, values: FormFields): Promise<Response> {
  const { action, ids } = parseDecision(values);
  const nowMs = context.services.clock.now();
  const changed = await context.admin.comments.moderate({ ids, action, actor: 'admin', nowMs });
  const query = new URLSearchParams({
    state: parseStateFilter(values('state')[0]) ?? 'all',
    applied: formatApplied(action, changed),
  });
  return c.redirect(`${adminLinks(context).comments}?${query}`, 303);
}

/** Maximum comments per request. */
const maxIds = 500;

/** A moderator's decision. */
interface DecisionForm {
  readonly action: CommentAction;
  readonly ids: readonly number[];
}

/**
 * Parses the moderation form: `one` is `approve 12`, from the button of a comment; otherwise `action` applies to each `id`.
 *
 * @throws RequestError 400 when an action or id is invalid, or there are too many ids.
 */
export function parseDecision(values: FormFields): DecisionForm {
  const [one] = values('one');
  const [action = '', ...ids] = one === undefined ? [values('action')[0], ...values('id')] : one.split(' ');
  const known = commentActions.find((name) => name === action);
  const numbers = ids.map((id) => (/^[1-9]\d{0,14}$/.test(id ?? '') ? Number(id) : 0));
  if (known === undefined || numbers.length > maxIds || numbers.includes(0)) {
    throw badRequest(
      'bad_decision',
      `The decision is not valid: an action (${commentActions.join(', ')}) and at most ${maxIds} comment ids are required.`,
    );
  }
  return { action: known, ids: [...new Set(numbers)] };
}

/** Parses the state filter of the list. @returns null: `all`. Unknown values mean `pending`. */
export function parseStateFilter(text: string | undefined): CommentState | null {
  if (text === 'all') return null;
  return commentStates.find((state) => state === text) ?? 'pending';
}

/** The applied decision, as the address of the next page carries it. */
interface AppliedDecision {
  readonly action: CommentAction;
  readonly ids: readonly number[];
}

/** Formats it for the address: `approve.12.13`. */
export function formatApplied(action: CommentAction, changed: readonly ModerationResult[]): string {
  return [action, ...changed.map(({ id }) => id)].join('.');
}

/** Parses it; null: absent or invalid. */
export function parseApplied(text: string | undefined): AppliedDecision | null {
  const [action, ...ids] = (text ?? '').split('.');
  const known = commentActions.find((name) => name === action);
  const numbers = ids.map(Number);
  const isValid = numbers.length <= maxIds && numbers.every((id) => Number.isSafeInteger(id) && id > 0);
  return known === undefined || !isValid ? null : { action: known, ids: numbers };
}
