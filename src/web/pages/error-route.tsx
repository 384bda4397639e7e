import type { Context } from 'hono';
import { pagePolicy } from '../http/security/security-headers.ts';
import type { Problem } from '../shared/request-error.ts';
import { createPageContext, type PageServices, renderDocument } from './send-page.tsx';

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  410: 'Item withdrawn',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Temporarily unavailable',
};

/**
 * An error page. It reads nothing from the store, because the store may be what failed.
 *
 * @param problem its message never contains text of the request.
 */
export function errorPage(c: Context, services: PageServices, problem: Problem): Response {
  const context = createPageContext(services, { at: 'elsewhere' });
  const title = titles[problem.status] ?? 'Request failed';
  const head = { title, description: null, canonical: null, feedPath: null };
  const content = (
    <main id="main" tabindex={-1}>
      <h1 class="page-title">{title}</h1>
      <p class="intro">{problem.message}</p>
      <p>
        <a href={context.links.front}>Go to the front page</a>
      </p>
    </main>
  );
  c.header('Content-Security-Policy', pagePolicy([]));
  return c.html(renderDocument(context, head, content), problem.status);
}
