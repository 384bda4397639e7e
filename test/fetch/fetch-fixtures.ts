import { afterEach } from 'vitest';
import type { FetchedDocument, FetchFailed, FetchOutcome } from '../../src/domain/polling/fetch-outcome.ts';
import { noValidators } from '../../src/domain/polling/fetch-outcome.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../src/fetch/client/http-client.ts';
import { createFetcher, type Fetcher, type FetcherOptions, type FetchRequest } from '../../src/fetch/fetch-source.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { type Origin, type OriginOptions, startOrigin, startRawOrigin } from '../support/origin.ts';

/** 1 March 2026, 12:00 UTC: what the wall clock shows in tests of dates. Durations are real. */
export const noonMs = Date.UTC(2026, 2, 1, 12);

export const noonClock: Clock = { now: () => noonMs, monotonic: () => systemClock.monotonic() };

const closing: (() => Promise<void>)[] = [];

/** Closes, after each test of the calling file, what the functions below have opened. */
export function cleanUp(): void {
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
}

export async function anOrigin(options?: OriginOptions): Promise<Origin> {
  const origin = await startOrigin(options);
  closing.push(() => origin.close());
  return origin;
}

export async function aRawOrigin(...args: Parameters<typeof startRawOrigin>) {
  const origin = await startRawOrigin(...args);
  closing.push(() => origin.close());
  return origin;
}

/** With the limits of earnest: a test that waits for one of them shortens that one only, so that no other comes first. */
export function aFetcher(options: Partial<FetcherOptions> = {}): Fetcher {
  const fetcher = createFetcher({
    clock: noonClock,
    allowPrivateNetworks: ['127.0.0.0/8'],
    userAgent: 'Newswire/0.0.0',
    feedsDir: '/nowhere',
    ...options,
  });
  closing.push(() => fetcher.close());
  return fetcher;
}

export function anHttpClient(options: Partial<HttpClientOptions> = {}): HttpClient {
  const outbound = createHttpClient({
    clock: noonClock,
    allowPrivateNetworks: ['127.0.0.0/8'],
    ...options,
  });
  closing.push(() => outbound.close());
  return outbound;
}

/** Reads a source that nothing is known of, unless `known` says otherwise. */
export function read(fetcher: Fetcher, url: string, known: Partial<FetchRequest> = {}): Promise<FetchOutcome> {
  const blank = { headers: {}, validators: noValidators, bodyHash: null };
  return fetcher.fetchSource({ ...blank, url, ...known }, new AbortController().signal);
}

/** The outcome as a document; fails the test when it is none. */
export function fresh(outcome: FetchOutcome): FetchedDocument {
  if (outcome.kind !== 'fresh') throw new Error(`not fresh: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** The outcome as a failure; fails the test when it is none. */
export function failed(outcome: FetchOutcome): FetchFailed {
  if (outcome.kind !== 'failed') throw new Error(`not failed: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** What came of a read in one word: the failure's code or the outcome's kind. */
export function outcomeCode(outcome: FetchOutcome): string {
  return outcome.kind === 'failed' ? outcome.failure : outcome.kind;
}

export const text = (body: Uint8Array): string => Buffer.from(body).toString();
