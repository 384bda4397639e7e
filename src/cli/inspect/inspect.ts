import { assertNever } from '../../domain/assert-never.ts';
import type { Failure } from '../../domain/failure.ts';
import type { Unreadable } from '../../domain/items/item.ts';
import type { FeedLink } from '../../domain/items/page-links.ts';
import {
  type FetchedDocument,
  type FetchOutcome,
  noValidators,
  type Validators,
} from '../../domain/polling/fetch-outcome.ts';
import type { Fetcher } from '../../fetch/fetch-source.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DocumentProcessor } from '../../server/stages/document-processor.ts';
import { type FeedReport, processFirstFetch, reportFeed } from './dry-run.ts';

/** Why a URL could not be read as a feed. */
interface FeedFailure {
  readonly url: string;
  /** A failure code, `throttled` or `gone`. */
  readonly failure: string;
  readonly detail: string;
}

/** A web page and the feeds that it links to. */
export interface DiscoveredPage {
  readonly url: string;
  readonly title: string | null;
  readonly refreshTo: string | null;
  /** Best candidate first. */
  readonly feeds: readonly FeedLink[];
}

/** Result of inspecting a URL. */
export interface Inspection {
  readonly url: string;
  /** Null: the URL is a feed itself, or could not be read. */
  readonly page: DiscoveredPage | null;
  /** The feed, or the best readable feed of the page; null: none. */
  readonly feed: FeedReport | null;
  /** Failed requests, in order. */
  readonly failures: readonly FeedFailure[];
}

/** Dependencies of an inspection. */
export interface InspectParts {
  readonly fetcher: Pick<Fetcher, 'fetchSource'>;
  readonly processor: DocumentProcessor;
  readonly clock: Clock;
  pause(ms: number): Promise<void>;
}

/** Gap between two requests to one host, as in the server. */
const hostGapMs = 1_000;
/** How many feeds of a page are requested until one can be read. */
const maxFeedsRequested = 3;
/** Failures without a request: the URL is not allowed. */
const notRequested: ReadonlySet<string> = new Set<Failure>(['bad_url', 'bad_scheme', 'bad_port', 'blocked_address']);

/**
 * Inspects a URL as the server would: a feed, or a page that links to feeds, of which the first readable one is used. Only
 * these URLs are requested, each once, and the feed a second time with its validators.
 *
 * @param asked `headers` are sent to the origin of `url` only.
 */
export async function inspect(
  asked: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  parts: InspectParts,
): Promise<Inspection> {
  const request = createRequester(asked, parts);
  const first = await readFeed(asked.url, request, parts);
  if (first.kind === 'feed') return { url: asked.url, page: null, feed: first.report, failures: [] };
  const page = first.fetched === null || !mayBePage(first.failure) ? null : await readPage(first.fetched, parts);
  // The page links to no feed, so report why it is not a feed itself.
  if (page === null || page.feeds.length === 0) {
    return { url: asked.url, page, feed: null, failures: [first.failure] };
  }
  return { url: asked.url, page, ...(await readBest(page, request, parts)) };
}

/** Reads the feeds of a page, best first, until one can be read. */
async function readBest(
  page: DiscoveredPage,
  request: FeedRequest,
  parts: InspectParts,
): Promise<Pick<Inspection, 'feed' | 'failures'>> {
  const failures: FeedFailure[] = [];
  for (const { url } of page.feeds) {
    const read = await readFeed(url, request, parts);
    if (read.kind === 'feed') return { feed: read.report, failures };
    failures.push(read.failure);
    if (failures.filter(({ failure }) => !notRequested.has(failure)).length === maxFeedsRequested) break;
  }
  return { feed: null, failures };
}

type FeedRequest = (url: string, known: { validators: Validators; bodyHash: string | null }) => Promise<FetchOutcome>;

function createRequester(
  asked: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  { fetcher, pause }: InspectParts,
): FeedRequest {
  const hosts = new Set<string>();
  const { signal } = new AbortController();
  return async (url, known) => {
    const { host } = new URL(url);
    if (hosts.has(host)) await pause(hostGapMs);
    const outcome = await fetcher.fetchSource(
      { url, declaredUrl: asked.url, headers: asked.headers, ...known },
      signal,
    );
    if (outcome.facts.status !== null) hosts.add(host);
    if (outcome.kind === 'fresh') hosts.add(new URL(outcome.url).host);
    return outcome;
  };
}

type Read =
  | { readonly kind: 'feed'; readonly report: FeedReport }
  | { readonly kind: 'none'; readonly failure: FeedFailure; readonly fetched: FetchedDocument | null };

const nothingKnown = { validators: noValidators, bodyHash: null };

async function readFeed(url: string, request: FeedRequest, parts: InspectParts): Promise<Read> {
  const fetched = await request(url, nothingKnown);
  if (fetched.kind !== 'fresh') return { kind: 'none', failure: { url, ...failureOf(fetched) }, fetched: null };
  const unreadable = ({ failure, detail }: Unreadable): Read => ({
    kind: 'none',
    failure: { url, failure, detail },
    fetched,
  });
  const { processor, clock } = parts;
  const nowMs = clock.now();
  const normalised = await processFirstFetch(fetched, processor, { nowMs });
  if (normalised.kind === 'unreadable') return unreadable(normalised);
  const { validators, bodyHash } = fetched;
  const report = await reportFeed({ url, fetched, normalised }, { processor, nowMs }, () =>
    request(url, { validators, bodyHash }),
  );
  return 'kind' in report ? unreadable(report) : { kind: 'feed', report };
}

/** Why a request has brought no document. */
export function failureOf(outcome: Exclude<FetchOutcome, FetchedDocument>): Omit<FeedFailure, 'url'> {
  switch (outcome.kind) {
    case 'failed':
      return { failure: outcome.failure, detail: outcome.detail };
    case 'throttled': {
      const wait = outcome.retryAfterMs === null ? '' : `, after ${Math.ceil(outcome.retryAfterMs / 1000)} s`;
      return { failure: 'throttled', detail: `HTTP ${outcome.facts.status}: the publisher asks to retry later${wait}` };
    }
    case 'gone':
      return { failure: 'gone', detail: 'HTTP 410: the feed is gone' };
    case 'not-modified':
      return { failure: 'unexpected_304', detail: 'HTTP 304 to an unconditional request' };
    default:
      return assertNever(outcome);
  }
}

/** A web page parses as "not a feed" or as a damaged one. */
function mayBePage({ failure }: FeedFailure): boolean {
  return failure === 'not_feed' || failure === 'parse_error';
}

async function readPage(
  { body, contentType, url }: FetchedDocument,
  parts: InspectParts,
): Promise<DiscoveredPage | null> {
  const links = await parts.processor.discover({ body, contentType, url });
  if (links.kind === 'unreadable') return null;
  return { url, title: links.title, refreshTo: links.refreshTo, feeds: links.feeds };
}
