import { assertNever } from '../../domain/assert-never.ts';
import type { SourceHealth } from '../shared/read-port.ts';

/** The state of a source for the public. */
export type SourceState = 'new' | 'fine' | 'waiting' | 'failing' | 'gone';

/** The state of a source by its last poll. */
export function sourceStateOf(source: Pick<SourceHealth, 'outcome'>): SourceState {
  switch (source.outcome) {
    case null:
      return 'new';
    case 'fresh':
    case 'not-modified':
      return 'fine';
    case 'throttled':
      return 'waiting';
    case 'gone':
      return 'gone';
    case 'failed':
      return 'failing';
    default:
      return assertNever(source.outcome);
  }
}

/**
 * The public fields of a source. The failure code is not public: on a private network it would tell an open port from a
 * closed one. Neither is a `file:` URL, which reveals our folders.
 */
export function toPublicSource(source: SourceHealth): object {
  return {
    id: source.id,
    title: source.title,
    section: source.section,
    url: source.url.startsWith('file:') ? null : source.url,
    siteUrl: source.siteUrl,
    state: sourceStateOf(source),
    failures: source.failures,
    failingSince: iso(source.failingSinceMs),
    checkedAt: iso(source.checkedMs),
    succeededAt: iso(source.succeededMs),
    nextCheckAt: iso(source.nextCheckMs),
    items: source.items,
  };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
