import { assertNever } from '../../domain/assert-never.ts';
import type { Unreadable } from '../../domain/items/item.ts';
import type { FeedLink } from '../../domain/items/page-links.ts';
import {
  type Failure,
  type FetchedDocument,
  type FetchOutcome,
  noValidators,
  type Validators,
} from '../../domain/polling/fetch-outcome.ts';
import type { Fetcher } from '../../fetch/fetch-source.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { DocumentProcessor } from '../../server/document-processor.ts';
import { type FeedReport, processFirstFetch, reportFeed } from './dry-run.ts';

/** Why an address gave no feed. */
export interface FeedFailure {
  readonly url: string;
  /** A failure code, `throttled` or `gone`. */
  readonly failure: string;
  readonly detail: string;
}

/** A page and the feeds that it names. */
export interface DiscoveredPage {
  readonly url: string;
  readonly title: string | null;
  readonly refreshTo: string | null;
  /** The most promising first. */
  readonly feeds: readonly FeedLink[];
}

/** What an address comes to. */
export interface Inspection {
  readonly url: string;
  /** Null: the address is that of the feed itself, or gave nothing at all. */
  readonly page: DiscoveredPage | null;
  /** The feed itself, or the best of those that the page names; null: none could be read. */
  readonly feed: FeedReport | null;
  /** What was asked in vain, in that order. */
  readonly refusals: readonly FeedFailure[];
}

/** What an inspection works with. */
export interface InspectParts {
  readonly fetcher: Pick<Fetcher, 'fetchSource'>;
  readonly digester: DocumentProcessor;
  readonly clock: Clock;
  pause(ms: number): Promise<void>;
}

/** The gap between two requests to one host, as the server keeps it. */
const hostGapMs = 1_000;
/** Feeds of a page that are asked until one can be read. */
const mostFeedsAsked = 3;
/** Addresses that may not be asked, and so were not. */
const neverAsked: ReadonlySet<string> = new Set<Failure>(['bad_url', 'bad_scheme', 'bad_port', 'blocked_address']);

/**
 * Looks at an address as the server would: a feed, or a page that names feeds, of which the first that can be read is
 * taken. Nothing is asked but what was named, each once, and the feed once more with its validators.
 *
 * @param headers for the origin of `url` only.
 */
export async function inspect(
  asked: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  parts: InspectParts,
): Promise<Inspection> {
  const ask = politely(asked, parts);
  const first = await readFeed(asked.url, ask, parts);
  if (first.kind === 'feed') return { url: asked.url, page: null, feed: first.report, refusals: [] };
  const page = first.fetched === null || !mayBePage(first.refusal) ? null : await readPage(first.fetched, parts);
  // Nothing that a page names: then what is wrong with it as a feed is the answer.
  if (page === null || page.feeds.length === 0) {
    return { url: asked.url, page, feed: null, refusals: [first.refusal] };
  }
  return { url: asked.url, page, ...(await readBest(page, ask, parts)) };
}

/** Reads the feeds of a page, the best first, until one can be read. */
async function readBest(
  page: DiscoveredPage,
  ask: Ask,
  parts: InspectParts,
): Promise<Pick<Inspection, 'feed' | 'refusals'>> {
  const refusals: FeedFailure[] = [];
  for (const { url } of page.feeds) {
    const read = await readFeed(url, ask, parts);
    if (read.kind === 'feed') return { feed: read.report, refusals };
    refusals.push(read.refusal);
    if (refusals.filter(({ failure }) => !neverAsked.has(failure)).length === mostFeedsAsked) break;
  }
  return { feed: null, refusals };
}

type Ask = (url: string, known: { validators: Validators; bodyHash: string | null }) => Promise<FetchOutcome>;

function politely(
  asked: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  { fetcher, pause }: InspectParts,
): Ask {
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
  | { readonly kind: 'none'; readonly refusal: FeedFailure; readonly fetched: FetchedDocument | null };

const nothingKnown = { validators: noValidators, bodyHash: null };

async function readFeed(url: string, ask: Ask, parts: InspectParts): Promise<Read> {
  const fetched = await ask(url, nothingKnown);
  if (fetched.kind !== 'fresh') return { kind: 'none', refusal: { url, ...refusalOf(fetched) }, fetched: null };
  const unreadable = ({ failure, detail }: Unreadable): Read => ({
    kind: 'none',
    refusal: { url, failure, detail },
    fetched,
  });
  const { digester, clock } = parts;
  const nowMs = clock.now();
  const digest = await processFirstFetch(fetched, digester, nowMs);
  if (digest.kind === 'unreadable') return unreadable(digest);
  const { validators, bodyHash } = fetched;
  const report = await reportFeed({ url, fetched, digest }, { digester, nowMs }, () =>
    ask(url, { validators, bodyHash }),
  );
  return 'kind' in report ? unreadable(report) : { kind: 'feed', report };
}

function refusalOf(outcome: Exclude<FetchOutcome, FetchedDocument>): Omit<FeedFailure, 'url'> {
  switch (outcome.kind) {
    case 'failed':
      return { failure: outcome.failure, detail: outcome.detail };
    case 'throttled': {
      const wait = outcome.retryAfterMs === null ? '' : `, for ${Math.ceil(outcome.retryAfterMs / 1000)} s`;
      return { failure: 'throttled', detail: `HTTP ${outcome.facts.status}: the publisher asks to wait${wait}` };
    }
    case 'gone':
      return { failure: 'gone', detail: 'HTTP 410: the publisher has ended it' };
    case 'not-modified':
      return { failure: 'unexpected_304', detail: 'the publisher says "not modified" to a first request' };
    default:
      return assertNever(outcome);
  }
}

/** Pages are taken for no feed, or for one that is badly damaged. */
function mayBePage({ failure }: FeedFailure): boolean {
  return failure === 'not_feed' || failure === 'parse_error';
}

async function readPage(
  { body, contentType, url }: FetchedDocument,
  parts: InspectParts,
): Promise<DiscoveredPage | null> {
  const links = await parts.digester.discover({ body, contentType, url });
  if (links.kind === 'unreadable') return null;
  return { url, title: links.title, refreshTo: links.refreshTo, feeds: links.feeds };
}
