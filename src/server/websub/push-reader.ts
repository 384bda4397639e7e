import type { Source } from '../../domain/polling/source.ts';
import { decodeBody } from '../../fetch/client/decompress.ts';
import { FetchError } from '../../fetch/client/fetch-error.ts';
import { defaultFetchLimits } from '../../fetch/client/fetch-limits.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Store } from '../../store/engine/store.ts';
import { readPollState } from '../../store/sources/source-state.ts';
import { claimOldestPush, deletePush, type PendingPush, storePushedItems } from '../../store/websub/websub-inbox.ts';
import { bringPollForward } from '../../store/websub/websub-subscriptions.ts';
import type { DocumentProcessor } from '../stages/document-processor.ts';
import { createNormaliseStage, maskFeed, type NormaliseStage } from '../stages/normalise-stage.ts';

export interface PushReaderParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly documentProcessor: Pick<DocumentProcessor, 'normalise'>;
  /** The current declaration of a source; undefined if it is no longer declared. */
  sourceOf(id: string): Source | undefined;
  /** Called with the head of the event log after each commit that wrote events. */
  notify(head: number): void;
  /** Called after a source's next poll was brought forward. */
  onSourceDue(): void;
  /** Called for each push that is read, as for each fetched document. */
  onFetched?(sourceId: string): void;
  /** Called with the items of each push that was stored. */
  onPushStored?(counts: { readonly added: number; readonly updated: number }): void;
}

/**
 * Reads stored pushes, oldest first, through the same document processor and into the same store as polls. A push is a
 * hint: one that cannot be read causes a poll. None changes the schedule or the poll state of its source.
 *
 * @returns a function that reads until no push is left, and returns how many it has read.
 */
export function createPushReader(parts: PushReaderParts): () => Promise<number> {
  const normalise = maskFeed(createNormaliseStage({ ...parts, processor: parts.documentProcessor }));
  return async () => {
    let count = 0;
    for (;;) {
      const push = await claimOldestPush(parts.store);
      if (push === null) return count;
      await readPush(parts, normalise, push);
      await deletePush(parts.store, push.id);
      count += 1;
    }
  };
}

async function readPush(parts: PushReaderParts, normalise: NormaliseStage, push: PendingPush): Promise<void> {
  const { store, clock, log } = parts;
  const source = parts.sourceOf(push.sourceId);
  const state = await readPollState(store.reader, push.sourceId);
  if (source === undefined || state === null) return;
  const body = await decode(push);
  if (body === null) {
    await pollInstead(parts, push);
    return;
  }
  parts.onFetched?.(source.id);
  const nowMs = clock.now();
  const document = { body, contentType: push.contentType, url: push.topic, links: [] };
  const feed = await normalise({ source, state }, document);
  if (feed.kind === 'unreadable') {
    log.debug({ source: source.id, failure: feed.failure }, 'a push is unreadable; the source is polled instead');
    await pollInstead(parts, push);
    return;
  }
  const stored = await storePushedItems(store, {
    push,
    declarationHash: source.declarationHash,
    feed,
    nowMs,
    onBatch: parts.notify,
  });
  if (stored === null) return;
  const { added, updated } = stored;
  parts.onPushStored?.({ added, updated });
  log.debug({ source: source.id, added, updated }, 'read a push');
}

async function decode({ body, contentEncoding }: PendingPush): Promise<Uint8Array | null> {
  try {
    const codings = contentEncoding === null ? [] : [contentEncoding];
    return (await decodeBody(body, codings, { limits: defaultFetchLimits, reserveMemory: async () => {} })).body;
  } catch (error) {
    if (error instanceof FetchError) return null;
    throw error;
  }
}

async function pollInstead({ store, clock, onSourceDue }: PushReaderParts, push: PendingPush): Promise<void> {
  const nowMs = clock.now();
  await bringPollForward(store, push.sourceRef, { atMs: nowMs, nowMs, reason: 'hub_reported_change' });
  onSourceDue();
}
