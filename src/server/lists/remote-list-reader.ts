import { createHash } from 'node:crypto';
import { assertNever } from '../../domain/assert-never.ts';
import { dayMs, minuteMs } from '../../domain/durations.ts';
import { displayUrl, maskText, maskUrlText, unmaskUrl } from '../../domain/masking.ts';
import type { FetchOutcome } from '../../domain/polling/fetch-outcome.ts';
import { type ListContent, type RemoteList, sourcesAfterRead } from '../../domain/polling/remote-list.ts';
import type { Fetcher } from '../../fetch/fetch-source.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Store } from '../../store/engine/store.ts';
import {
  type RemoteListState,
  readRemoteLists,
  retainRemoteLists,
  unreadList,
  writeRemoteList,
} from '../../store/sources/remote-lists.ts';
import { readListDocument } from './read-list-document.ts';

const firstRetryMs = 5 * minuteMs;
/** No list waits longer, whatever the clock was when its next read was planned. */
const maxWaitMs = 7 * dayMs;
const accept = 'text/x-opml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1';

/** The dependencies of the reader. */
export interface ListReaderParts {
  readonly store: Store;
  readonly fetcher: Pick<Fetcher, 'fetchSource'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Why the address guard refuses the URL of an outline; null: it does not. */
  refusal(url: string): string | null;
}

/** Reads the declared remote lists when they are due, one after the other, and stores what they give. */
export class RemoteListReader {
  readonly #parts: ListReaderParts;
  readonly #states: Map<string, RemoteListState>;
  #lists: readonly RemoteList[] = [];

  private constructor(parts: ListReaderParts, states: Map<string, RemoteListState>) {
    this.#parts = parts;
    this.#states = states;
  }

  /** Creates a reader with the stored contents. No list is declared at first. */
  static async open(parts: ListReaderParts): Promise<RemoteListReader> {
    return new RemoteListReader(parts, await readRemoteLists(parts.store.reader));
  }

  /** Replaces the declared lists. */
  declare(lists: readonly RemoteList[]): void {
    this.#lists = lists;
  }

  /** What the lists have given so far, by their keys. */
  contents(): ReadonlyMap<string, ListContent> {
    return new Map([...this.#states].map(([key, { content }]) => [key, content]));
  }

  /**
   * Reads the lists that are due.
   *
   * @param onChange called after each read that has changed a content.
   * @returns milliseconds until the next read; null: none is planned.
   * @throws the signal's reason when the signal is aborted.
   */
  async readDue(onChange: () => void, signal: AbortSignal): Promise<number | null> {
    const { store, clock } = this.#parts;
    if (!store.storage.writable) return minuteMs;
    await this.#retainDeclared();
    for (const list of this.#lists) {
      const before = this.#stateOf(list);
      if (waitMs(before, clock.now()) > 0) continue;
      const after = await this.#read(list, before, signal);
      await writeRemoteList(store, after);
      this.#states.set(list.key, after);
      if (JSON.stringify(after.content) !== JSON.stringify(before.content)) onChange();
    }
    const waits = this.#lists.map((list) => waitMs(this.#stateOf(list), clock.now()));
    return waits.length === 0 ? null : Math.min(...waits);
  }

  async #retainDeclared(): Promise<void> {
    const keys = new Set(this.#lists.map(({ key }) => key));
    const removed = [...this.#states.keys()].filter((key) => !keys.has(key));
    if (removed.length === 0) return;
    await retainRemoteLists(this.#parts.store, [...keys]);
    for (const key of removed) this.#states.delete(key);
  }

  #stateOf(list: RemoteList): RemoteListState {
    const requestHash = hashRequest(list);
    const known = this.#states.get(list.key);
    if (known === undefined) return unreadList(list.key, requestHash);
    // Another secret or header: the list is read again at once, and keeps its sources meanwhile.
    return known.requestHash === requestHash ? known : { ...unreadList(list.key, requestHash), content: known.content };
  }

  async #read(list: RemoteList, before: RemoteListState, signal: AbortSignal): Promise<RemoteListState> {
    const { url, headers, hidden } = list;
    const { validators, bodyHash } = before;
    const outcome = await this.#parts.fetcher.fetchSource(
      {
        url,
        headers: { accept, ...headers },
        validators:
          validators.url === undefined ? validators : { ...validators, url: unmaskUrl(validators.url, hidden) },
        bodyHash,
      },
      signal,
    );
    const after = await this.#afterFetch(list, before, outcome);
    this.#logRead(list, before, after);
    return after;
  }

  async #afterFetch(list: RemoteList, before: RemoteListState, outcome: FetchOutcome): Promise<RemoteListState> {
    const nowMs = this.#parts.clock.now();
    switch (outcome.kind) {
      case 'fresh': {
        const document = await readListDocument(outcome.body, list, this.#parts.refusal);
        if (document.kind === 'unreadable') return failed(list, before, { detail: document.detail, nowMs });
        const sources = sourcesAfterRead(before.content.sources, document.sources);
        return succeeded(
          list,
          { ...before, bodyHash: outcome.bodyHash, ...maskedValidators(outcome, list) },
          {
            content: { sources, unusable: document.unusable, failure: null },
            nowMs,
          },
        );
      }
      case 'not-modified': {
        const sources = sourcesAfterRead(before.content.sources, null);
        const content = { ...before.content, sources, failure: null };
        return succeeded(list, { ...before, ...maskedValidators(outcome, list) }, { content, nowMs });
      }
      case 'throttled': {
        const detail = `HTTP ${outcome.facts.status}: the server asks to retry later`;
        return failed(list, before, { detail, nowMs, retryAfterMs: outcome.retryAfterMs });
      }
      case 'gone':
        return failed(list, before, { detail: 'HTTP 410: the document is gone', nowMs });
      case 'failed': {
        const { detail, retryAfterMs } = outcome;
        return failed(list, before, { detail, nowMs, retryAfterMs });
      }
      default:
        return assertNever(outcome);
    }
  }

  #logRead(list: RemoteList, before: RemoteListState, after: RemoteListState): void {
    const { log } = this.#parts;
    const facts = { list: displayUrl(list), sources: after.content.sources.length };
    const { failure } = after.content;
    if (failure === null) log.debug(facts, 'remote list read');
    else if (before.failures > 0) log.debug({ ...facts, failure }, 'reading a remote list failed again');
    else log.warn({ ...facts, failure }, 'reading a remote list failed; its sources stay');
  }
}

function waitMs({ nextReadMs }: RemoteListState, nowMs: number): number {
  const waiting = nextReadMs - nowMs;
  // The clock was set back since the read was planned.
  return waiting > maxWaitMs ? 0 : Math.max(waiting, 0);
}

function hashRequest({ url, headers }: RemoteList): string {
  return createHash('sha256')
    .update(JSON.stringify([url, headers]))
    .digest('hex');
}

function maskedValidators(
  { validators }: Extract<FetchOutcome, { kind: 'fresh' | 'not-modified' }>,
  { hidden }: RemoteList,
): Pick<RemoteListState, 'validators'> {
  const { url } = validators;
  return { validators: url === undefined ? validators : { ...validators, url: maskUrlText(url, hidden) } };
}

function succeeded(
  list: RemoteList,
  state: RemoteListState,
  { content, nowMs }: { readonly content: ListContent; readonly nowMs: number },
): RemoteListState {
  return { ...state, content, failures: 0, nextReadMs: nowMs + list.everyMs };
}

/** A failure changes no source. It is retried after five minutes, then ever more seldom, at last once a day. */
function failed(
  list: RemoteList,
  before: RemoteListState,
  failure: { readonly detail: string; readonly nowMs: number; readonly retryAfterMs?: number | null },
): RemoteListState {
  const { detail, nowMs, retryAfterMs } = failure;
  const backoffMs = Math.min(firstRetryMs * 2 ** Math.min(before.failures, 20), Math.max(list.everyMs, dayMs));
  const waitingMs = Math.min(Math.max(backoffMs, retryAfterMs ?? 0), maxWaitMs);
  return {
    ...before,
    content: { ...before.content, failure: maskText(detail, list.hidden) },
    failures: before.failures + 1,
    nextReadMs: nowMs + waitingMs,
  };
}
