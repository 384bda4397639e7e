import type { Context } from 'hono';
import { commentStates } from '../../domain/comments/comment.ts';
import type { FormFields } from '../http/security/read-form.ts';
import { createPageContext, renderDocument } from '../pages/send-page.tsx';
import { type AdminContext, AdminHead, adminLinks, sendAdminPage } from './admin-context.tsx';
import type { AdminSession } from './admin-session.ts';
import { formatApplied, parseApplied, parseDecision, parseStateFilter } from './moderation-decision.ts';
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
