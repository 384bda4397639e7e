import { noHints } from '../../src/domain/items/parsed-feed.ts';
import { type DueSource, emptyPollHistory, type PollState } from '../../src/domain/polling/poll.ts';
import type { RefreshOutcome } from '../../src/schedule/rules/refresh-outcome.ts';
import {
  answered,
  dayMs,
  facts,
  failed,
  hourMs,
  minuteMs,
  secondMs,
  storedDocument,
  throttled,
} from './rules/poll-fixtures.ts';

/** How a publisher responds; the last six are hostile. */
type PublisherBehaviour =
  | 'honest'
  | 'ignores-validators'
  | 'hangs'
  | 'blackhole'
  | 'errors'
  | 'limits'
  | 'liar'
  | 'flaky';

/** A publisher of the simulated world, with our own record of it. */
export interface Publisher {
  readonly row: DueSource;
  readonly manner: PublisherBehaviour;
  readonly newsGapMs: number;
  readonly maxAgeMs: number | null;
  readonly ttlMinutes: number | null;
  readonly intervalMs: number | null;
  /** Sources on its host. */
  readonly neighbours: number;
  /** Its host answers some of its sources with 429 and is paused for it. */
  readonly spared: boolean;
  readonly answerMs: number;
  state: PollState;
  nextNewsMs: number;
  /** The earliest polite time of the next request. */
  notBeforeMs: number;
  /** When the next check was decided, for its interval; null: never read. */
  settledMs: number | null;
}

export interface PublisherCounts {
  readonly sources: number;
  readonly hostileShare: number;
  readonly startMs: number;
  readonly seed: number;
}

/** Random numbers that are the same at every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const hostile: readonly PublisherBehaviour[] = ['hangs', 'blackhole', 'errors', 'limits', 'liar', 'flaky'];

/** Publishers as they are on the web: few newsrooms, many sleepy blogs, some platforms with very many feeds. */
export function createPublishers(size: PublisherCounts): Publisher[] {
  const random = seeded(size.seed);
  const hosts = Array.from({ length: size.sources }, (_, n) => hostOf(n, size.sources));
  const counts = new Map<string, number>();
  for (const host of hosts) counts.set(host, (counts.get(host) ?? 0) + 1);
  // More than 200 new sources are spread over an hour when they are declared.
  const spreadMs = size.sources > 200 ? hourMs : 0;
  const manners = hosts.map((host) =>
    manner(random, { hostileShare: size.hostileShare, crowded: (counts.get(host) ?? 0) > 100 }),
  );
  const limiting = new Set(hosts.filter((_, n) => manners[n] === 'limits'));
  return hosts.map((host, n) => {
    const newsGapMs = newsGap(random);
    const firstMs = Math.ceil((size.startMs + random() * spreadMs) / secondMs) * secondMs;
    const publisher: Publisher = {
      row: { id: String(n), host, nextCheckMs: firstMs, consecutiveTimeouts: 0 },
      manner: manners[n] ?? 'honest',
      newsGapMs,
      maxAgeMs: random() < 0.3 ? pick(random, [5 * minuteMs, 15 * minuteMs, hourMs, 6 * hourMs, dayMs]) : null,
      ttlMinutes: random() < 0.25 ? pick(random, [15, 60, 60, 180, 1_440]) : null,
      intervalMs: random() < 0.02 ? pick(random, [15 * minuteMs, 30 * minuteMs, hourMs]) : null,
      neighbours: counts.get(host) ?? 1,
      spared: limiting.has(host),
      answerMs: 100 + random() * random() * 3_000,
      state: unread(firstMs),
      nextNewsMs: size.startMs + newsGapMs * random(),
      notBeforeMs: 0,
      settledMs: null,
    };
    return publisher;
  });
}

function unread(firstMs: number): PollState {
  return {
    validators: { etag: null, lastModified: null },
    bodyHash: null,
    nextCheckMs: firstMs,
    nextCheckReason: { code: 'never_read' },
    failures: 0,
    firstFailedMs: null,
    firstReadDone: false,
    goneMs: null,
    movedTo: null,
    history: emptyPollHistory,
  };
}

/** 5 % on one giant, 10 % on twenty platforms, 30 % on hosts of ten, the rest alone. */
function hostOf(n: number, sources: number): string {
  const place = n / sources;
  if (place < 0.05) return 'giant.example.org';
  if (place < 0.15) return `platform${n % 20}.example.org`;
  if (place < 0.45) return `shared${Math.floor(n / 10)}.example.org`;
  return `own${n}.example.org`;
}

function newsGap(random: () => number): number {
  const kind = random();
  if (kind < 0.04) return (5 + random() * 40) * minuteMs;
  if (kind < 0.2) return (1 + random() * 8) * hourMs;
  if (kind < 0.6) return (0.5 + random() * 4) * dayMs;
  return (7 + random() * 90) * dayMs;
}

function manner(random: () => number, at: { hostileShare: number; crowded: boolean }): PublisherBehaviour {
  if (random() < at.hostileShare) {
    const kind = pick(random, hostile);
    // A 429 speaks for its whole host: with some on each platform, no platform would ever be polled.
    return kind === 'limits' && at.crowded ? 'errors' : kind;
  }
  return random() < 0.1 ? 'ignores-validators' : 'honest';
}

function pick<Value>(random: () => number, values: readonly Value[]): Value {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

/** An answer and how long it takes. */
export interface Reply {
  readonly outcome: RefreshOutcome;
  readonly durationMs: number;
}

/** Requests a publisher's feed, which records the earliest time of the next request. */
export function respond(publisher: Publisher, atMs: number, random: () => number): Reply {
  const durationMs = publisher.answerMs;
  switch (publisher.manner) {
    case 'hangs':
      return { outcome: failed('header_timeout'), durationMs: 10 * secondMs };
    case 'blackhole':
      return { outcome: failed('connect_timeout'), durationMs: 5 * secondMs };
    case 'errors':
      return { outcome: failed('http_server_error', { status: 500 }), durationMs };
    case 'limits':
      return limit(publisher, atMs, { retryMs: pick(random, [minuteMs, hourMs, dayMs]), durationMs });
    case 'liar':
      return { outcome: lie(publisher, random), durationMs };
    case 'flaky':
      if (random() < 0.5) return { outcome: throttled(null, false), durationMs };
      return serve(publisher, atMs, random);
    default:
      return serve(publisher, atMs, random);
  }
}

function limit(publisher: Publisher, atMs: number, part: { retryMs: number; durationMs: number }): Reply {
  publisher.notBeforeMs = atMs + part.durationMs + part.retryMs;
  return { outcome: throttled(part.retryMs), durationMs: part.durationMs };
}

/** Every document new from end to end, and hints that would stop or flood any poller. */
function lie(publisher: Publisher, random: () => number): RefreshOutcome {
  return storedDocument({
    added: 500,
    unchanged: [],
    freshnessLifetimeMs: pick(random, [Number.NaN, -1, 0]),
    hints: { ...noHints, ttlMinutes: -5, skipHours: Array.from({ length: 24 }, (_, hour) => hour) },
    validators: publisher.state.validators,
  });
}

function serve(publisher: Publisher, atMs: number, random: () => number): Reply {
  let added = 0;
  for (; publisher.nextNewsMs <= atMs; publisher.nextNewsMs += -Math.log(1 - random()) * publisher.newsGapMs)
    added += 1;
  const durationMs = publisher.answerMs;
  const politeMs = Math.max(publisher.maxAgeMs ?? 0, (publisher.ttlMinutes ?? 0) * minuteMs);
  publisher.notBeforeMs = publisher.intervalMs === null ? atMs + durationMs + politeMs : 0;
  const first = !publisher.state.firstReadDone;
  if (added === 0 && !first) return { outcome: unchanged(publisher), durationMs };
  const drafts = first ? [{ publishedMs: atMs - random() * publisher.newsGapMs }] : [];
  const outcome = storedDocument({
    added: first ? 20 : added,
    drafts,
    freshnessLifetimeMs: publisher.maxAgeMs,
    hints: { ...noHints, ttlMinutes: publisher.ttlMinutes },
    unchanged: first ? [] : ['k'],
  });
  return { outcome, durationMs };
}

function unchanged(publisher: Publisher): RefreshOutcome {
  const byStatus = publisher.manner !== 'ignores-validators';
  return answered({
    kind: 'not-modified',
    by: byStatus ? 'status' : 'body',
    validators: { etag: '"b"', lastModified: null },
    freshnessLifetimeMs: byStatus ? null : publisher.maxAgeMs,
    facts: facts({ status: byStatus ? 304 : 200 }),
  });
}

/** Whether it should be polled on time: it responds normally, and its host asks for no pause. */
export function isHealthy(publisher: Publisher): boolean {
  if (publisher.spared) return false;
  return publisher.manner === 'honest' || publisher.manner === 'ignores-validators';
}
