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
export async function moderationPage(c: Context, desk: AdminContext, session: AdminSession): Promise<Response> {
  const { parts, readers } = desk;
  const state = parseStateFilter(c.req.query('state'));
  const before = Number(/^[1-9]\d{0,14}$/.exec(c.req.query('before') ?? '')?.[0] ?? 0) || null;
  const [comments, counts] = await Promise.all([
    readers.comments.list({ state, before, limit: pageComments + 1 }),
    readers.comments.count(),
  ]);
  const frame = createPageContext(parts, { at: 'elsewhere' });
  const script = frame.links.file('client/browser/admin-page.js');
  const head = { title: 'Comments', description: null, canonical: null, feedPath: null };
  const shown = comments.slice(0, pageComments);
  const matter = (
    <main id="main" class="wide" tabindex={-1}>
      <Moderation
        comments={shown}
        next={comments.length > pageComments ? (shown.at(-1)?.id ?? null) : null}
        counts={counts}
        states={commentStates}
        state={state}
        applied={parseApplied(c.req.query('did'))}
        csrfToken={session.csrfToken}
        admin={adminLinks(desk).admin}
        frame={frame}
      />
    </main>
  );
  return sendAdminPage(c, renderDocument(frame, { ...head, extra: <AdminHead script={script} /> }, matter));
}

/** `POST /admin/comments` */
export async function applyDecision(c: Context, desk: AdminContext, values: FormFields): Promise<Response> {
  const { action, ids } = parseDecision(values);
  const nowMs = desk.parts.clock.now();
  const changed = await desk.readers.comments.moderate({ ids, action, actor: 'admin', nowMs });
  const query = new URLSearchParams({
    state: parseStateFilter(values('state')[0]) ?? 'all',
    did: formatApplied(action, changed),
  });
  return c.redirect(`${adminLinks(desk).comments}?${query}`, 303);
}
