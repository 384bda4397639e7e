import { afterEach } from 'vitest';
import type { FetchedDocument, FetchFailed, FetchOutcome } from '../../src/domain/polling/fetch-outcome.ts';
import { noValidators } from '../../src/domain/polling/fetch-outcome.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../src/fetch/client/http-client.ts';
import { createFetcher, type Fetcher, type FetcherOptions, type FetchRequest } from '../../src/fetch/fetch-source.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { type Origin, type OriginOptions, startOrigin, startRawOrigin } from '../support/origin.ts';

/** 1 March 2026, 12:00 UTC: the time of the wall clock. Durations are real. */
export const noonMs = Date.UTC(2026, 2, 1, 12);

export const noonClock: Clock = { now: () => noonMs, monotonic: () => systemClock.monotonic() };

const closing: (() => Promise<void>)[] = [];

/** Closes everything that the functions below have opened, after each test of the calling file. */
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

/** A fetcher with the default limits. A test that waits for a limit shortens only that one, so that no other ends first. */
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
  const client = createHttpClient({
    clock: noonClock,
    allowPrivateNetworks: ['127.0.0.0/8'],
    ...options,
  });
  closing.push(() => client.close());
  return client;
}

/** Fetches a source of which only `known` is known. */
export function read(fetcher: Fetcher, url: string, known: Partial<FetchRequest> = {}): Promise<FetchOutcome> {
  const blank = { headers: {}, validators: noValidators, bodyHash: null };
  return fetcher.fetchSource({ ...blank, url, ...known }, new AbortController().signal);
}

/** The document of an outcome. @throws if the outcome has none. */
export function fresh(outcome: FetchOutcome): FetchedDocument {
  if (outcome.kind !== 'fresh') throw new Error(`not fresh: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** The failure of an outcome. @throws if the outcome is none. */
export function failed(outcome: FetchOutcome): FetchFailed {
  if (outcome.kind !== 'failed') throw new Error(`not failed: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** The failure code of an outcome, else its kind. */
export function outcomeCode(outcome: FetchOutcome): string {
  return outcome.kind === 'failed' ? outcome.failure : outcome.kind;
}

export const text = (body: Uint8Array): string => Buffer.from(body).toString();
