import type { Context } from 'hono';
import { pagePolicy } from '../http/security/security-headers.ts';
import type { PageServices } from '../pages/send-page.tsx';
import type { AdminPort } from '../shared/admin-port.ts';
import type { Links } from '../views/layout/view-links.ts';

export interface AdminContext {
  readonly services: PageServices;
  readonly admin: AdminPort;
}

/** Paths of the admin pages. */
export function adminLinks({ services }: Pick<AdminContext, 'services'>): {
  readonly admin: string;
  readonly comments: string;
} {
  const base = new URL(services.publicUrl).pathname.replace(/\/$/, '');
  return { admin: `${base}/admin`, comments: `${base}/admin/comments` };
}

/** Elements in the head of every admin page. */
export function AdminHead({ links, script }: { links: Links; script?: string }) {
  return (
    <>
      <meta name="robots" content="noindex" />
      {/* Browsers must send the origin with a form: a request without it is rejected. */}
      <meta name="referrer" content="same-origin" />
      <link rel="stylesheet" href={links.file('assets/admin.css')} />
      {script !== undefined && <script type="module" src={links.file(script)} />}
    </>
  );
}

/** Sends an admin page. It must not be stored or indexed. */
export function sendAdminPage(c: Context, document: string, status: 200 | 401 | 429 = 200): Response {
  c.header('Cache-Control', 'no-store');
  c.header('X-Robots-Tag', 'noindex');
  c.header('Content-Security-Policy', pagePolicy([]));
  return c.html(document, status);
}
