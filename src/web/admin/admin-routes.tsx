import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { type FormFields, readForm } from '../http/security/read-form.ts';
import { requireSameOrigin } from '../http/security/same-origin.ts';
import { TokenGuard } from '../http/security/token-guard.ts';
import { createPageContext, type PageServices, renderDocument } from '../pages/send-page.tsx';
import { clientAddressOf } from '../shared/client-address.ts';
import { notFound, RequestError } from '../shared/request-error.ts';
import { type AdminContext, AdminHead, adminLinks, sendAdminPage } from './admin-context.tsx';
import {
  type AdminSession,
  hasCsrfToken,
  makeSession,
  readSession,
  type SessionKey,
  sessionLifetimeMs,
} from './admin-session.ts';
import { applyDecision, moderationPage } from './moderation-page.tsx';

const cookieName = 'newswire-admin';
const maxFormBytes = 64 * 1024;

/** `/admin`. Without ADMIN_TOKEN all its paths answer 404. */
export function adminRoutes(app: Hono, services: PageServices): void {
  const { admin } = services;
  if (admin === null || admin === undefined) {
    const answerNotFound = (): never => {
      throw notFound();
    };
    app.all('/admin', answerNotFound);
    app.all('/admin/*', answerNotFound);
    return;
  }
  const context: AdminContext = { services, admin };
  // Redirects too: their target depends on the cookie, and some set it.
  app.use('/admin/*', async (c, next) => {
    c.header('Cache-Control', 'no-store');
    await next();
  });
  const guard = new TokenGuard({ variable: 'ADMIN_TOKEN', token: admin.token, log: services.log });
  const limited = bodyLimit({ maxSize: maxFormBytes, onError: tooLarge });
  app.get('/admin', async (c) => {
    const session = await currentSession(c, context);
    return session === null ? signInPage(c, context, null) : c.redirect(adminLinks(context).comments, 303);
  });
  app.post('/admin/sign-in', limited, (c) => signIn(c, context, guard));
  app.post('/admin/sign-out', limited, async (c) => {
    await readSignedInForm(c, context);
    await admin.endSessions();
    deleteCookie(c, cookieName, { path: adminLinks(context).admin });
    return c.redirect(adminLinks(context).admin, 303);
  });
  app.get('/admin/comments', async (c) => {
    const session = await currentSession(c, context);
    return session === null ? c.redirect(adminLinks(context).admin, 303) : moderationPage(c, context, session);
  });
  app.post('/admin/comments', limited, async (c) => applyDecision(c, context, await readSignedInForm(c, context)));
}

async function readSessionKey({ admin }: AdminContext): Promise<SessionKey> {
  return { secret: admin.signingSecret, adminToken: admin.token, generation: await admin.sessionGeneration() };
}

async function currentSession(c: Context, context: AdminContext): Promise<AdminSession | null> {
  return readSession(await readSessionKey(context), getCookie(c, cookieName) ?? '', context.services.clock.now());
}

/**
 * The values of a form that a signed-in moderator sent from an admin page.
 *
 * @throws RequestError 403 when the origin, the session or the CSRF token is wrong.
 */
async function readSignedInForm(c: Context, context: AdminContext): Promise<FormFields> {
  requireSameOrigin(c, context.services.publicUrl);
  const session = await currentSession(c, context);
  const values = await readForm(c);
  if (session === null || !hasCsrfToken(session, values('csrf')[0] ?? '', await readSessionKey(context))) {
    const message = 'Your session has ended. Sign in at /admin and try again.';
    throw new RequestError({ status: 403, code: 'not_signed_in', message });
  }
  return values;
}

async function signIn(c: Context, context: AdminContext, guard: TokenGuard): Promise<Response> {
  const { services } = context;
  requireSameOrigin(c, services.publicUrl);
  const [text = ''] = (await readForm(c))('token');
  const check = await guard.check({
    text: text.trim(),
    address: clientAddressOf(c, services),
    endpoint: '/admin/sign-in',
  });
  if (check.kind === 'wait') {
    c.header('Retry-After', String(check.seconds));
    return signInPage(c, context, {
      status: 429,
      message: `Too many wrong tokens. Try again in ${check.seconds} seconds.`,
    });
  }
  if (check.kind === 'wrong') {
    return signInPage(c, context, { status: 401, message: 'The token is wrong. Enter the value of ADMIN_TOKEN.' });
  }
  setCookie(c, cookieName, makeSession(await readSessionKey(context), services.clock.now()), {
    path: adminLinks(context).admin,
    httpOnly: true,
    sameSite: 'Strict',
    secure: services.publicUrl.startsWith('https:'),
    maxAge: sessionLifetimeMs / 1000,
  });
  return c.redirect(adminLinks(context).comments, 303);
}

function signInPage(
  c: Context,
  context: AdminContext,
  error: { readonly status: 401 | 429; readonly message: string } | null,
): Response {
  const { services } = context;
  const page = createPageContext(services, { at: 'elsewhere' });
  const head = {
    title: 'Sign in',
    description: null,
    canonical: null,
    feedPath: null,
    extra: <AdminHead links={page.links} />,
  };
  const content = (
    <main id="main" tabindex={-1}>
      <SignInForm action={`${adminLinks(context).admin}/sign-in`} error={error?.message ?? null} />
    </main>
  );
  return sendAdminPage(c, renderDocument(page, head, content), error?.status ?? 200);
}

function tooLarge(): never {
  throw new RequestError({ status: 413, code: 'too_large', message: 'The form is too large.' });
}

/** The sign-in form. */
function SignInForm({ action, error }: { action: string; error: string | null }) {
  return (
    <form class="sign-in" method="post" action={action}>
      <h1 class="page-title">Sign in</h1>
      <p class="comment-error" id="sign-in-error" role="alert">
        {error}
      </p>
      <p>
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          required
          autocomplete="current-password"
          aria-describedby="sign-in-error"
          aria-invalid={error === null ? undefined : 'true'}
        />
      </p>
      <p>
        <button type="submit">Sign in</button>
      </p>
    </form>
  );
}
