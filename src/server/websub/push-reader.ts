import { maskedDocument } from '../../domain/polling/masked-state.ts';
import type { Source } from '../../domain/polling/source.ts';
import { decodeBody } from '../../fetch/client/decompress.ts';
import { FetchError } from '../../fetch/client/fetch-error.ts';
import { defaultFetchLimits } from '../../fetch/client/fetch-limits.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Store } from '../../store/engine/store.ts';
import { knownHashes, readPollState } from '../../store/sources/source-state.ts';
import { claimOldestPush, deletePush, type PendingPush, storePushedItems } from '../../store/websub/websub-inbox.ts';
import { bringPollForward } from '../../store/websub/websub-subscriptions.ts';
import type { DocumentProcessor } from '../document-processor.ts';

const knownEntries = 2000;

/** What reading pushes works with. */
export interface PushReaderParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly digester: Pick<DocumentProcessor, 'digest'>;
  /** The declaration in force; undefined when there is none any more. */
  sourceOf(id: string): Source | undefined;
  /** Told of the head of the log after each commit that wrote events. */
  ring(head: number): void;
  /** Called when a source was made due sooner. */
  onSourceDue(): void;
  /** Told of each push that is read, as of a document that was fetched. */
  onFetched?(sourceId: string): void;
  /** Told what a push brought. */
  onPushStored?(counts: { readonly added: number; readonly updated: number }): void;
}

/**
 * Reads what hubs have pushed, oldest first, through the same worker and into the same store as what is polled. A push
 * is a hint: one that cannot be read makes the source due, and none changes when it is read next or what else is known
 * of it.
 *
 * @returns work that ends when nothing waits; how many were read.
 */
export function createPushReader(parts: PushReaderParts): () => Promise<number> {
  return async () => {
    let read = 0;
    for (;;) {
      const push = await claimOldestPush(parts.store);
      if (push === null) return read;
      await readPush(parts, push);
      await deletePush(parts.store, push.id);
      read += 1;
    }
  };
}

async function readPush(parts: PushReaderParts, push: PendingPush): Promise<void> {
  const { store, clock, log } = parts;
  const source = parts.sourceOf(push.sourceId);
  const state = await readPollState(store.reader, push.sourceId);
  if (source === undefined || state === null) return;
  const body = await decode(push);
  if (body === null) {
    await askInstead(parts, push);
    return;
  }
  parts.onFetched?.(source.id);
  const nowMs = clock.now();
  const { limit, keep, drop, language, trust, declarationHash } = source;
  const known = await knownHashes(store.reader, source.id, knownEntries);
  const ids = trust.ids && !state.history.idsDistrusted;
  const options = { url: push.topic, nowMs, limit, keep, drop, language, trust: { ...trust, ids }, known };
  const read = await parts.digester.digest({ body, contentType: push.contentType, options });
  const digest = maskedDocument(read, source.hidden);
  if (digest.kind === 'unreadable') {
    log.debug({ source: source.id, failure: digest.failure }, 'a push could not be read; the source is polled instead');
    await askInstead(parts, push);
    return;
  }
  const stored = await storePushedItems(store, { push, declarationHash, digest, nowMs, onBatch: parts.ring });
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

async function askInstead({ store, clock, onSourceDue }: PushReaderParts, push: PendingPush): Promise<void> {
  const nowMs = clock.now();
  await bringPollForward(store, push.sourceRef, { atMs: nowMs, nowMs, why: 'its hub tells of news' });
  onSourceDue();
}
