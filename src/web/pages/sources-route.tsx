import type { Context } from 'hono';
import { sourceStateOf } from '../api/public-source.ts';
import type { SourceHealth } from '../shared/read-port.ts';
import type { SourceRow } from '../views/source-summary.tsx';
import { SourcesContent } from '../views/sources-page.tsx';
import { createPageContext, type PageServices, renderDocument, sendPage } from './send-page.tsx';

/** `/sources` */
export async function sourcesPage(c: Context, parts: PageServices): Promise<Response> {
  const sources = await parts.reads.sources();
  const frame = createPageContext(parts, { at: 'elsewhere' });
  const head = {
    title: 'Sources',
    description: 'Where the news comes from.',
    canonical: `${parts.publicUrl()}/sources`,
    feedPath: '',
  };
  const matter = (
    <main id="main" tabindex={-1}>
      <SourcesContent rows={sources.filter(({ removed }) => !removed).map(toSourceRow)} frame={frame} />
    </main>
  );
  return sendPage(c, parts, renderDocument(frame, head, matter), false);
}

/** A source as pages show it. */
export function toSourceRow(source: SourceHealth): SourceRow {
  const { id, title, section, siteUrl, checkedMs, items, publishedToStoredMs, storedToPushedMs } = source;
  const state = sourceStateOf(source);
  return {
    ...{ id, title, section, siteUrl, state, checkedMs, items, publishedToStoredMs, storedToPushedMs },
    sinceMs: source.failingSinceMs,
    nextCheckMs: state === 'gone' ? null : source.nextCheckMs,
    // The reason of a failure stays inside: on a private network it would tell an open port from a closed one.
    nextCheckWhy: state === 'failing' ? 'asked less often while it fails' : source.nextCheckWhy,
  };
}
