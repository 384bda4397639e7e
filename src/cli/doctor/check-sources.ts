import { setTimeout as pause } from 'node:timers/promises';
import { assertNever } from '../../domain/assert-never.ts';
import { maskText } from '../../domain/masking.ts';
import { failureRemedies } from '../../domain/polling/failure-remedies.ts';
import { noValidators } from '../../domain/polling/fetch-outcome.ts';
import type { Declarations, Source } from '../../domain/polling/source.ts';
import type { Fetcher } from '../../fetch/fetch-source.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DocumentProcessor } from '../../server/stages/document-processor.ts';
import { processFirstFetch } from '../inspect/dry-run.ts';
import { mapInOrder } from '../output/map-in-order.ts';
import { showProgress } from '../output/progress.ts';
import { type Finding, failure, ok, warning } from './finding.ts';

const concurrentSources = 8;

/** What the checks of sources use. */
export interface SourceParts {
  readonly fetcher: Pick<Fetcher, 'fetchSource'>;
  readonly processor: Pick<DocumentProcessor, 'normalise'>;
  readonly clock: Clock;
  /** Where progress is drawn; null: nowhere. */
  readonly terminal: NodeJS.WritableStream | null;
  readonly wait?: (ms: number) => Promise<unknown>;
}

/**
 * Reads each source once as the server does, and stores nothing. Sources of one host are read one after another, with
 * the declared pause between them.
 */
export async function checkSources({ sources, site }: Declarations, parts: SourceParts): Promise<readonly Finding[]> {
  const { wait = pause } = parts;
  const lastOfHost = new Map<string, Promise<unknown>>();
  const inTurn = (source: Source): Promise<Finding> => {
    const { host } = new URL(source.url);
    const before = lastOfHost.get(host) ?? Promise.resolve();
    const finding = before.then(() => checkSource(source, parts));
    lastOfHost.set(
      host,
      finding.then(() => (host === '' ? undefined : wait(site.politeness.hostGapMs))),
    );
    return finding;
  };
  const progress = showProgress(parts.terminal, sources.length, 'Reading sources');
  const findings: Finding[] = [];
  try {
    for await (const finding of mapInOrder(sources, concurrentSources, inTurn)) {
      findings.push(finding);
      progress.step();
    }
  } finally {
    progress.end();
  }
  return findings;
}

async function checkSource(source: Source, parts: SourceParts): Promise<Finding> {
  const { url, headers, id, hidden } = source;
  const { fetcher, processor, clock } = parts;
  const failed = (code: keyof typeof failureRemedies, detail: string): Finding =>
    failure('source', `${id}: ${code}: ${maskText(detail, hidden)}`, failureRemedies[code]);
  const request = { url, headers, validators: noValidators, bodyHash: null };
  const fetched = await fetcher.fetchSource(request, new AbortController().signal);
  switch (fetched.kind) {
    case 'failed':
      return failed(fetched.failure, fetched.detail);
    case 'throttled':
      return warning('source', `${id}: the publisher asks to retry later`, 'Wait: the server polls it later');
    case 'gone':
      return failure('source', `${id}: the publisher has removed the feed (HTTP 410)`, 'Remove the source');
    case 'not-modified':
      return failed('unexpected_304', 'HTTP 304 in response to an unconditional request');
    case 'fresh': {
      const feed = await processFirstFetch(fetched, processor, { nowMs: clock.now(), settings: source });
      if (feed.kind === 'unreadable') return failed(feed.failure, feed.detail);
      const items = `${feed.drafts.length} ${feed.drafts.length === 1 ? 'item' : 'items'}`;
      if (fetched.movedTo === null) return ok('source', `${id}: ${items}`);
      const movedTo = maskText(fetched.movedTo, hidden);
      return warning('source', `${id}: ${items}; moved to ${movedTo}`, 'Declare the new url');
    }
    default:
      return assertNever(fetched);
  }
}
