import type { Context } from 'hono';
import { pagePolicy } from '../http/security/security-headers.ts';
import type { PageServices } from '../pages/send-page.tsx';
import type { Readers } from '../shared/readers-port.ts';

/** What the admin side works with: there is a token. */
export interface AdminContext {
  readonly parts: PageServices;
  readonly readers: Readers;
  readonly adminToken: string;
}

/** Addresses of the admin side. */
export function adminLinks({ parts }: Pick<AdminContext, 'parts'>): {
  readonly admin: string;
  readonly comments: string;
} {
  const base = new URL(parts.publicUrl()).pathname.replace(/\/$/, '');
  return { admin: `${base}/admin`, comments: `${base}/admin/comments` };
}

/** In the head of every page of the admin side. */
export function AdminHead({ script }: { script?: string }) {
  return (
    <>
      <meta name="robots" content="noindex" />
      {/* Without it a browser would not say where a form comes from. */}
      <meta name="referrer" content="same-origin" />
      {script !== undefined && <script type="module" src={script} />}
    </>
  );
}

/** Sends such a page: nobody keeps it. */
export function sendAdminPage(c: Context, document: string, status: 200 | 401 | 429 = 200): Response {
  c.header('Cache-Control', 'no-store');
  c.header('X-Robots-Tag', 'noindex');
  c.header('Content-Security-Policy', pagePolicy([]));
  return c.html(document, status);
}
