import type { Context } from 'hono';
import { pagePolicy } from '../http/security/security-headers.ts';
import type { Problem } from '../shared/request-error.ts';
import { ErrorContent } from '../views/error-page.tsx';
import { createPageContext, type PageServices, renderDocument } from './send-page.tsx';

const titles: Readonly<Record<number, string>> = {
  400: 'That address is not right',
  404: 'Not found',
  405: 'Not possible here',
  410: 'Withdrawn',
  429: 'Too many requests',
  500: 'Our fault',
  503: 'Not at the moment',
};

/** An error page. It asks nothing of the store, so that it stands when the store is what failed. */
export function errorPage(c: Context, parts: PageServices, problem: Problem): Response {
  const frame = createPageContext(parts, { at: 'elsewhere' });
  const title = titles[problem.status] ?? 'That did not work';
  const head = { title, description: null, canonical: null, feedPath: null };
  const matter = (
    <main id="main" tabindex={-1}>
      <ErrorContent title={title} message={problem.message} frame={frame} />
    </main>
  );
  c.header('Content-Security-Policy', pagePolicy([]));
  return c.html(renderDocument(frame, head, matter), problem.status);
}
