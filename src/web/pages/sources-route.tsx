import type { Context } from 'hono';
import { formatNextCheckReason } from '../../domain/polling/next-check-reason.ts';
import { sourceStateOf } from '../api/public-source.ts';
import type { SourceHealth } from '../shared/read-port.ts';
import type { SourceRow } from '../views/source-summary.tsx';
import { SourcesContent } from '../views/sources-page.tsx';
import { createPageContext, type PageServices, renderDocument, sendPage } from './send-page.tsx';

/** `/sources` */
export async function sourcesPage(c: Context, services: PageServices): Promise<Response> {
  const sources = await services.reads.sources();
  const context = createPageContext(services, { at: 'elsewhere' });
  const head = {
    title: 'Sources',
    description: 'The sources of the news, with their states.',
    canonical: `${services.publicUrl}/sources`,
    feedPath: '',
  };
  const content = (
    <main id="main" tabindex={-1}>
      <SourcesContent rows={sources.filter(({ removed }) => !removed).map(toSourceRow)} context={context} />
    </main>
  );
  return sendPage(c, services, renderDocument(context, head, content), false);
}

/** Selects what pages show of a source. */
export function toSourceRow(source: SourceHealth): SourceRow {
  const { id, title, section, siteUrl, checkedMs, items, publishedToStoredMs, storedToPushedMs } = source;
  const state = sourceStateOf(source);
  return {
    ...{ id, title, section, siteUrl, state, checkedMs, items, publishedToStoredMs, storedToPushedMs },
    sinceMs: source.failingSinceMs,
    nextCheckMs: state === 'gone' ? null : source.nextCheckMs,
    // The reason of a failure is not public: on a private network it would reveal which ports are open.
    nextCheckReason:
      state === 'failing' ? 'polled less often while failing' : formatNextCheckReason(source.nextCheckReason),
  };
}
