import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/domain/failure.ts';
import type { FeedHints } from '../../../src/domain/items/parsed-feed.ts';
import { noValidators } from '../../../src/domain/polling/fetch-outcome.ts';
import { formatNextCheckReason } from '../../../src/domain/polling/next-check-reason.ts';
import {
  emptyPollHistory,
  maxNextCheckDelayMs,
  type PollHistory,
  type PollState,
} from '../../../src/domain/polling/poll.ts';
import { neverMs } from '../../../src/schedule/rules/failure-policy.ts';
import { hintInterval, skipForward, storableHints } from '../../../src/schedule/rules/feed-hints.ts';
import { nextPollState, type PollInput } from '../../../src/schedule/rules/next-poll-state.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';
import {
  answered,
  dayMs,
  facts,
  failed,
  gone,
  hourMs,
  minuteMs,
  notModified,
  nowMs,
  stateAfter,
  storedDocument,
  throttled,
} from './poll-fixtures.ts';

const failures: readonly Failure[] = [
  'dns_error',
  'connect_timeout',
  'header_timeout',
  'http_server_error',
  'http_client_error',
  'not_found',
  'challenge',
  'not_feed',
  'parse_limit',
  'file_missing',
  'internal_error',
];

const oddNumber = fc.oneof(
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -1, 1e9, 1e18),
  fc.integer({ min: -10, max: 3_000 }),
);
const instant = fc.integer({ min: nowMs - 400 * dayMs, max: nowMs + 400 * dayMs });
const lifetime = fc.option(fc.oneof(oddNumber, fc.integer({ min: 1, max: 3 * dayMs })));

const hints: fc.Arbitrary<FeedHints> = fc.record({
  ttlMinutes: fc.option(oddNumber),
  updatePeriod: fc.option(fc.constantFrom('hourly', 'daily', 'weekly', 'yearly', 'never', '')),
  updateFrequency: fc.option(oddNumber),
  skipHours: fc.array(fc.oneof(fc.integer({ min: -2, max: 26 }), oddNumber), { maxLength: 30 }),
  skipDays: fc.array(
    fc.constantFrom('Monday', 'tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday', 'Someday'),
    {
      maxLength: 9,
    },
  ),
});

const history: fc.Arbitrary<PollHistory> = fc.record({
  freshnessLifetimeMs: fc.option(fc.integer({ min: 1, max: 400 * dayMs })),
  hints: fc.option(hints.map(storableHints)),
  retryAfterUntilMs: fc.option(instant),
  hostPause: fc.option(fc.record({ host: fc.domain(), untilMs: instant })),
  newItemsAtMs: fc.array(instant, { maxLength: 20 }).map((times) => times.sort((a, b) => b - a)),
  unchangedBodies: fc.nat(3_000),
  consecutiveTimeouts: fc.nat(5),
  redirectCandidate: fc.option(fc.record({ url: fc.webUrl(), sinceMs: instant, successes: fc.nat(9) })),
  goneSinceMs: fc.option(instant),
  idsDistrusted: fc.boolean(),
  lostLeases: fc.nat(3),
  newItemsStreak: fc.nat(3_000),
  disjointDocuments: fc.nat(20),
  lastSuccessMs: fc.option(instant),
  dead: fc.boolean(),
  documentEntries: fc.option(fc.nat(500)),
  missingItemIds: fc.array(fc.nat(), { maxLength: 5 }),
  previousIdentity: fc.option(fc.record({ title: fc.string(), site: fc.domain(), untilMs: instant })),
  rulesVersion: fc.nat(3),
});

const state: fc.Arbitrary<PollState> = fc.record({
  validators: fc.constantFrom(noValidators, { etag: '"a"', lastModified: null }),
  bodyHash: fc.option(fc.constant('aa')),
  nextCheckMs: instant,
  nextCheckReason: fc.constant({ code: 'adaptive_interval' as const, intervalMs: hourMs }),
  failures: fc.nat(5_000),
  firstFailedMs: fc.option(instant),
  firstReadDone: fc.boolean(),
  goneMs: fc.option(instant),
  movedTo: fc.option(fc.webUrl()),
  history,
});

const healthy: fc.Arbitrary<PollInput['outcome']> = fc.oneof(
  fc
    .record({ added: fc.nat(600), updated: fc.nat(5), deferred: fc.nat(2), freshnessLifetimeMs: lifetime, hints })
    .map((part) => storedDocument(part)),
  fc
    .record({
      by: fc.constantFrom('status' as const, 'body' as const),
      freshnessLifetimeMs: lifetime,
      movedTo: fc.option(fc.webUrl()),
    })
    .map((part) => notModified(part)),
);
const troubled: fc.Arbitrary<PollInput['outcome']> = fc.oneof(
  fc.constant(gone),
  fc.tuple(lifetime, fc.boolean()).map(([retryAfterMs, hostWide]) => throttled(retryAfterMs, hostWide)),
  fc
    .record({
      failure: fc.constantFrom(...failures),
      retryAfterMs: lifetime,
      status: fc.option(fc.constantFrom(400, 403, 404, 500)),
    })
    .map(({ failure, ...part }) => failed(failure, part)),
);

const input: fc.Arbitrary<PollInput> = fc.record({
  source: fc.record({
    url: fc.constantFrom('https://example.org/feed', 'http://example.org/feed', 'file:///feeds/a.xml'),
    intervalMs: fc.option(fc.integer({ min: minuteMs, max: dayMs })),
  }),
  state,
  outcome: fc.oneof(healthy, troubled),
  nowMs: fc.constant(nowMs),
  random: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }).map((value) => () => value),
  isNetworkDown: fc.boolean(),
  intervalMultiplier: fc.double({ min: 1, max: 8, noNaN: true }),
  hostCycleMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 * dayMs })),
});

function holds(property: (input: PollInput) => void, arbitrary: fc.Arbitrary<PollInput> = input): void {
  fc.assert(fc.property(arbitrary, property), { numRuns: fuzzRuns * 5 });
}

const isFile = ({ source }: PollInput) => source.url.startsWith('file:');
const isOwn = (one: PollInput) => one.source.intervalMs !== null || isFile(one);

describe('any result', () => {
  it('returns an integer next check in the future, within the maximum delay, with a reason', () => {
    holds((one) => {
      const result = nextPollState(one);
      expect(Number.isSafeInteger(result.nextCheckMs)).toBe(true);
      expect(result.nextCheckMs).toBeGreaterThanOrEqual(nowMs);
      if (result.goneMs === null) expect(result.nextCheckMs - nowMs).toBeLessThanOrEqual(maxNextCheckDelayMs);
      expect(formatNextCheckReason(result.nextCheckReason)).not.toMatch(/NaN|undefined|Infinity|^$/);
    });
  });

  it('never schedules before a received or stored Retry-After', () => {
    holds((one) => {
      const result = nextPollState(one);
      const { outcome } = one.outcome.kind === 'no-document' ? one.outcome : { outcome: null };
      const retryAfterMs = outcome?.kind === 'throttled' || outcome?.kind === 'failed' ? outcome.retryAfterMs : null;
      if (retryAfterMs !== null && retryAfterMs > 0) {
        expect(result.nextCheckMs).toBeGreaterThanOrEqual(nowMs + Math.min(retryAfterMs, 7 * dayMs));
      }
      const remembered = Math.min(one.state.history.retryAfterUntilMs ?? 0, nowMs + 7 * dayMs);
      expect(result.nextCheckMs).toBeGreaterThanOrEqual(remembered);
    });
  });

  it('never schedules before a hint after success, unless an interval is declared', () => {
    const good = fc.tuple(input, healthy).map(([one, outcome]) => ({ ...one, outcome }));
    holds((one) => {
      if (isOwn(one)) return;
      const result = nextPollState(one);
      const { minIntervalMs } = hintInterval(result.history.hints, result.history.freshnessLifetimeMs);
      expect(result.nextCheckMs).toBeGreaterThanOrEqual(nowMs + minIntervalMs);
    }, good);
  });

  it('never schedules in skipHours or skipDays', () => {
    holds((one) => {
      const result = nextPollState(one);
      if (isOwn(one) || result.goneMs !== null) return;
      expect(skipForward(result.nextCheckMs, result.history.hints).rule).toBeNull();
    });
  });

  it('keeps the declared interval within a tenth after success', () => {
    const good = fc.tuple(input, healthy).map(([one, outcome]) => ({ ...one, outcome }));
    holds((one) => {
      const result = nextPollState(one);
      const { intervalMs } = one.source;
      if (intervalMs === null || isFile(one) || result.history.retryAfterUntilMs !== null) return;
      const waitMs = result.nextCheckMs - nowMs;
      expect(waitMs).toBeGreaterThanOrEqual(intervalMs);
      expect(waitMs).toBeLessThanOrEqual(Math.ceil(intervalMs * 1.1));
    }, good);
  });

  it('never schedules an adaptive source within five minutes after success', () => {
    const good = fc.tuple(input, healthy).map(([one, outcome]) => ({ ...one, outcome }));
    holds((one) => {
      if (isOwn(one)) return;
      expect(nextPollState(one).nextCheckMs - nowMs).toBeGreaterThanOrEqual(5 * minuteMs);
    }, good);
  });

  it('waits at least half an hour after throttling or a refusal, whatever the declared interval', () => {
    const refused = fc
      .tuple(
        input,
        fc.constantFrom(
          throttled(null),
          failed('challenge', { status: 403 }),
          answered({ kind: 'gone', facts: facts() }),
        ),
      )
      .map(([one, outcome]) => ({ ...one, outcome }));
    holds((one) => {
      expect(nextPollState(one).nextCheckMs - nowMs).toBeGreaterThanOrEqual(hourMs / 2);
    }, refused);
  });

  it('stops polling only after a 410', () => {
    holds((one) => {
      const result = nextPollState(one);
      if (result.goneMs !== null) expect(result.outcome).toBe('gone');
      else expect(result.nextCheckMs).toBeLessThan(neverMs);
    });
  });

  it('returns a state that is a valid input, also after a round trip through JSON', () => {
    const two = fc.tuple(input, fc.oneof(healthy, troubled));
    fc.assert(
      fc.property(two, ([one, outcome]) => {
        const left = stateAfter(nextPollState(one), one.state);
        const thawed = JSON.parse(JSON.stringify(left)) as PollState;
        expect(thawed).toEqual(left);
        const next = nextPollState({ ...one, state: left, outcome });
        expect(nextPollState({ ...one, state: thawed, outcome })).toEqual(next);
      }),
      { numRuns: fuzzRuns * 5 },
    );
  });

  it('leaves a history of known fields only, none of them undefined', () => {
    holds((one) => {
      const { history: left } = nextPollState(one);
      expect(Object.keys(left).sort()).toEqual(Object.keys(emptyPollHistory).sort());
      expect(Object.values(left)).not.toContain(undefined);
      expect(left.newItemsAtMs.length).toBeLessThanOrEqual(20);
    });
  });
});
