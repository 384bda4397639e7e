import type { NormalisedFeed, Unreadable } from '../../domain/items/item.ts';
import type { FetchedDocument } from '../../domain/polling/fetch-outcome.ts';
import { maskedDocument } from '../../domain/polling/masked-state.ts';
import { normaliseOptions } from '../../domain/polling/normalise-options.ts';
import { hubLinks } from '../../domain/websub/websub-topics.ts';
import type { Poll } from '../../refresh.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Store } from '../../store/engine/store.ts';
import { knownHashes } from '../../store/sources/source-state.ts';
import type { DocumentProcessor } from './document-processor.ts';

/** Entries of a source whose hashes go to the worker, so that only new and changed entries come back. */
const maxKnownEntries = 2000;

export interface NormaliseStageOptions {
  readonly store: Store;
  readonly processor: Pick<DocumentProcessor, 'normalise'>;
  readonly clock: Clock;
}

/** Turns a document of a source, polled or pushed, into a feed. */
export type NormaliseStage = (
  poll: Pick<Poll, 'source' | 'state'>,
  document: Pick<FetchedDocument, 'body' | 'contentType' | 'url' | 'links'>,
) => Promise<NormalisedFeed | Unreadable>;

/** Parses and sanitises documents in worker processes, by the settings of their source. */
export function createNormaliseStage({ store, processor, clock }: NormaliseStageOptions): NormaliseStage {
  return async ({ source, state }, { body, contentType, url, links }) => {
    const known = await knownHashes(store.reader, source.id, maxKnownEntries);
    const { idsDistrusted } = state.history;
    const options = normaliseOptions(source, { url, nowMs: clock.now(), idsDistrusted, known });
    // Other writes wait a moment for this one, so that they share a transaction.
    const done = store.expectWrite();
    try {
      const feed = await processor.normalise({ body, contentType, options });
      return feed.kind === 'unreadable' ? feed : { ...feed, ...hubLinks(links, feed) };
    } finally {
      done();
    }
  };
}

/** Masks the secrets of the source's URL in the feed. Fetching needs the secrets, storing never does. */
export function maskFeed(normalise: NormaliseStage): NormaliseStage {
  return async (poll, document) => maskedDocument(await normalise(poll, document), poll.source.hidden);
}
