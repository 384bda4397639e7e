import type { Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { type Form, readForm } from '../http/read-form.ts';
import { requireSameOrigin } from '../http/same-origin.ts';
import { TokenGuard } from '../http/token-guard.ts';
import { documentOf, frameOf, type PageParts } from '../pages/send-page.tsx';
import { clientOf } from '../shared/client-of.ts';
import { notFound, RequestError } from '../shared/request-error.ts';
import { type AdminDesk, AdminHead, hrefs, sendAdminPage } from './admin-page.tsx';
import {
  type AdminSession,
  isFormOf,
  makeSession,
  readSession,
  type SessionKey,
  sessionForMs,
} from './admin-session.ts';
import { moderationPage, takeDecision } from './moderation-page.tsx';
import { SignIn } from './sign-in-view.tsx';

const cookieName = 'newswire-admin';
const maxFormBytes = 64 * 1024;

/** `/admin`. Without a token none of it exists. */
export function adminRoutes(app: Hono, parts: PageParts): void {
  const { readers } = parts;
  if (readers === null || readers.adminToken === null) {
    const nothing = (): never => {
      throw notFound();
    };
    app.all('/admin', nothing);
    app.all('/admin/*', nothing);
    return;
  }
  const desk: AdminDesk = { parts, readers, adminToken: readers.adminToken };
  // Redirects too: where they lead depends on the cookie, and some set it.
  app.use('/admin/*', async (c, next) => {
    c.header('Cache-Control', 'no-store');
    await next();
  });
  const guard = new TokenGuard({ name: 'ADMIN_TOKEN', token: desk.adminToken, log: parts.log });
  const limited = bodyLimit({ maxSize: maxFormBytes, onError: tooLarge });
  app.get('/admin', async (c) => {
    const session = await sessionOf(c, desk);
    return session === null ? signInPage(c, desk, null) : c.redirect(hrefs(desk).comments, 303);
  });
  app.post('/admin/sign-in', limited, (c) => signIn(c, desk, guard));
  app.post('/admin/sign-out', limited, async (c) => {
    await formOf(c, desk);
    await readers.endAdminSessions();
    deleteCookie(c, cookieName, { path: hrefs(desk).admin });
    return c.redirect(hrefs(desk).admin, 303);
  });
  app.get('/admin/comments', async (c) => {
    const session = await sessionOf(c, desk);
    return session === null ? c.redirect(hrefs(desk).admin, 303) : moderationPage(c, desk, session);
  });
  app.post('/admin/comments', limited, async (c) => takeDecision(c, desk, await formOf(c, desk)));
}

async function keyOf({ readers, adminToken }: AdminDesk): Promise<SessionKey> {
  return { secret: readers.secret, adminToken, generation: await readers.adminGeneration() };
}

async function sessionOf(c: Context, desk: AdminDesk): Promise<AdminSession | null> {
  return readSession(await keyOf(desk), getCookie(c, cookieName) ?? '', desk.parts.clock.now());
}

/**
 * The values of a form that a signed-in moderator sent from a page of ours.
 *
 * @throws RequestError 403 when it was not.
 */
async function formOf(c: Context, desk: AdminDesk): Promise<Form> {
  requireSameOrigin(c, desk.parts.publicUrl());
  const session = await sessionOf(c, desk);
  const values = await readForm(c);
  if (session === null || !isFormOf(session, values('csrf')[0] ?? '', await keyOf(desk))) {
    const message = 'You are not signed in any more. Please sign in at /admin and try again.';
    throw new RequestError({ status: 403, code: 'not_signed_in', message });
  }
  return values;
}

async function signIn(c: Context, desk: AdminDesk, guard: TokenGuard): Promise<Response> {
  const { parts } = desk;
  requireSameOrigin(c, parts.publicUrl());
  const [text = ''] = (await readForm(c))('token');
  const check = await guard.check({ text: text.trim(), address: clientOf(c, parts), where: '/admin/sign-in' });
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
  setCookie(c, cookieName, makeSession(await keyOf(desk), parts.clock.now()), {
    path: hrefs(desk).admin,
    httpOnly: true,
    sameSite: 'Strict',
    secure: parts.publicUrl().startsWith('https:'),
    maxAge: sessionForMs / 1000,
  });
  return c.redirect(hrefs(desk).comments, 303);
}

function signInPage(
  c: Context,
  desk: AdminDesk,
  refused: { readonly status: 401 | 429; readonly message: string } | null,
): Response {
  const { parts } = desk;
  const frame = frameOf(parts, { at: 'elsewhere' });
  const head = { title: 'Sign in', description: null, canonical: null, feedPath: null, more: <AdminHead /> };
  const matter = (
    <main id="main" tabindex={-1}>
      <SignIn action={`${hrefs(desk).admin}/sign-in`} refused={refused?.message ?? null} />
    </main>
  );
  return sendAdminPage(c, documentOf(frame, head, matter), refused?.status ?? 200);
}

function tooLarge(): never {
  throw new RequestError({ status: 413, code: 'too_large', message: 'That form is too large.' });
}
