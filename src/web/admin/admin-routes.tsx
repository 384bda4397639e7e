import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { type FormFields, readForm } from '../http/security/read-form.ts';
import { requireSameOrigin } from '../http/security/same-origin.ts';
import { TokenGuard } from '../http/security/token-guard.ts';
import { createPageContext, type PageServices, renderDocument } from '../pages/send-page.tsx';
import { clientAddressOf } from '../shared/client-of.ts';
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
import { SignIn } from './sign-in-view.tsx';

const cookieName = 'newswire-admin';
const maxFormBytes = 64 * 1024;

/** `/admin`. Without a token none of it exists. */
export function adminRoutes(app: Hono, parts: PageServices): void {
  const { readers } = parts;
  if (readers === null || readers.adminToken === null) {
    const nothing = (): never => {
      throw notFound();
    };
    app.all('/admin', nothing);
    app.all('/admin/*', nothing);
    return;
  }
  const desk: AdminContext = { parts, readers, adminToken: readers.adminToken };
  // Redirects too: where they lead depends on the cookie, and some set it.
  app.use('/admin/*', async (c, next) => {
    c.header('Cache-Control', 'no-store');
    await next();
  });
  const guard = new TokenGuard({ variable: 'ADMIN_TOKEN', token: desk.adminToken, log: parts.log });
  const limited = bodyLimit({ maxSize: maxFormBytes, onError: tooLarge });
  app.get('/admin', async (c) => {
    const session = await currentSession(c, desk);
    return session === null ? signInPage(c, desk, null) : c.redirect(adminLinks(desk).comments, 303);
  });
  app.post('/admin/sign-in', limited, (c) => signIn(c, desk, guard));
  app.post('/admin/sign-out', limited, async (c) => {
    await readSignedInForm(c, desk);
    await readers.endAdminSessions();
    deleteCookie(c, cookieName, { path: adminLinks(desk).admin });
    return c.redirect(adminLinks(desk).admin, 303);
  });
  app.get('/admin/comments', async (c) => {
    const session = await currentSession(c, desk);
    return session === null ? c.redirect(adminLinks(desk).admin, 303) : moderationPage(c, desk, session);
  });
  app.post('/admin/comments', limited, async (c) => applyDecision(c, desk, await readSignedInForm(c, desk)));
}

async function readSessionKey({ readers, adminToken }: AdminContext): Promise<SessionKey> {
  return { secret: readers.signingSecret, adminToken, generation: await readers.adminGeneration() };
}

async function currentSession(c: Context, desk: AdminContext): Promise<AdminSession | null> {
  return readSession(await readSessionKey(desk), getCookie(c, cookieName) ?? '', desk.parts.clock.now());
}

/**
 * The values of a form that a signed-in moderator sent from a page of ours.
 *
 * @throws RequestError 403 when it was not.
 */
async function readSignedInForm(c: Context, desk: AdminContext): Promise<FormFields> {
  requireSameOrigin(c, desk.parts.publicUrl());
  const session = await currentSession(c, desk);
  const values = await readForm(c);
  if (session === null || !hasCsrfToken(session, values('csrf')[0] ?? '', await readSessionKey(desk))) {
    const message = 'You are not signed in any more. Please sign in at /admin and try again.';
    throw new RequestError({ status: 403, code: 'not_signed_in', message });
  }
  return values;
}

async function signIn(c: Context, desk: AdminContext, guard: TokenGuard): Promise<Response> {
  const { parts } = desk;
  requireSameOrigin(c, parts.publicUrl());
  const [text = ''] = (await readForm(c))('token');
  const check = await guard.check({
    text: text.trim(),
    address: clientAddressOf(c, parts),
    endpoint: '/admin/sign-in',
  });
  if (check.kind === 'wait') {
    c.header('Retry-After', String(check.seconds));
    return signInPage(c, desk, {
      status: 429,
      message: `Too many wrong tokens. Please wait ${check.seconds} seconds.`,
    });
  }
  if (check.kind === 'wrong') {
    return signInPage(c, desk, { status: 401, message: 'That is not the token. It is the value of ADMIN_TOKEN.' });
  }
  setCookie(c, cookieName, makeSession(await readSessionKey(desk), parts.clock.now()), {
    path: adminLinks(desk).admin,
    httpOnly: true,
    sameSite: 'Strict',
    secure: parts.publicUrl().startsWith('https:'),
    maxAge: sessionLifetimeMs / 1000,
  });
  return c.redirect(adminLinks(desk).comments, 303);
}

function signInPage(
  c: Context,
  desk: AdminContext,
  refused: { readonly status: 401 | 429; readonly message: string } | null,
): Response {
  const { parts } = desk;
  const frame = createPageContext(parts, { at: 'elsewhere' });
  const head = { title: 'Sign in', description: null, canonical: null, feedPath: null, more: <AdminHead /> };
  const matter = (
    <main id="main" tabindex={-1}>
      <SignIn action={`${adminLinks(desk).admin}/sign-in`} refused={refused?.message ?? null} />
    </main>
  );
  return sendAdminPage(c, renderDocument(frame, head, matter), refused?.status ?? 200);
}

function tooLarge(): never {
  throw new RequestError({ status: 413, code: 'too_large', message: 'That form is too large.' });
}
