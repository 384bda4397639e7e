import { describe, expect, it } from 'vitest';
import { emptyPollHistory, maxHostPauseMs, type PollResult } from '../../src/domain/polling/poll.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readHostPauses } from '../../src/store/sources/host-pauses.ts';
import { recordPoll } from '../../src/store/sources/leases.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { aPollResult, aSource, day, hour, minute, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const host = 'shared.example.org';
const onHost = (id: string) => aSource(id, { url: `https://${host}/${id}.xml` });

/** A 429 whose Retry-After pauses the whole host. */
function throttled(untilMs: number, over: Partial<PollResult> = {}): PollResult {
  return aPollResult({
    outcome: 'throttled',
    nextCheckMs: noon + day,
    nextCheckReason: { code: 'retry_after', waitMs: day, throttling: 'rate_limited' },
    hostPauseMs: untilMs - noon,
    history: { ...emptyPollHistory, retryAfterUntilMs: noon + day, hostPause: { host, untilMs } },
    ...over,
  });
}

async function roomWith(store: Store, ...ids: string[]): Promise<StoreFixture> {
  const fixture = await createStoreFixture(store, ...ids.map(onHost), 'elsewhere');
  return fixture;
}

describe.each(engines)('the pause of a host on $name', (engine) => {
  it('is returned until it ends', () =>
    withStore(engine, async (store) => {
      const fixture = await roomWith(store, 'a', 'b');
      const untilMs = noon + 10 * minute;
      await recordPoll(store, await fixture.claim('a'), throttled(untilMs), noon);
      await recordPoll(store, await fixture.claim('b'), aPollResult({ nextCheckMs: noon + hour }), noon);
      expect(await readHostPauses(store.reader, noon)).toEqual([{ host, untilMs }]);
      expect(await readHostPauses(store.reader, untilMs - 1)).toEqual([{ host, untilMs }]);
      expect(await readHostPauses(store.reader, untilMs)).toEqual([]);
    }));

  it('is returned until its end when it has the maximum length', () =>
    withStore(engine, async (store) => {
      const fixture = await roomWith(store, 'a');
      const untilMs = noon + maxHostPauseMs;
      await recordPoll(store, await fixture.claim('a'), throttled(untilMs), noon);
      expect(await readHostPauses(store.reader, untilMs - 1)).toEqual([{ host, untilMs }]);
    }));

  it('survives the removal and the move of the source that received it', () =>
    withStore(engine, async (store) => {
      const fixture = await roomWith(store, 'a', 'b');
      const untilMs = noon + 10 * minute;
      await recordPoll(store, await fixture.claim('a'), throttled(untilMs), noon);
      await recordPoll(store, await fixture.claim('b'), throttled(untilMs + 1), noon);
      await fixture.declare([aSource('b', { url: 'https://new.example.org/feed.xml' })]);
      expect(await readHostPauses(store.reader, noon)).toEqual([
        { host, untilMs },
        { host, untilMs: untilMs + 1 },
      ]);
    }));

  it('sets the next check, with its reason, of every source of the host that is due earlier', () =>
    withStore(engine, async (store) => {
      const fixture = await roomWith(store, 'a', 'b', 'c');
      const untilMs = noon + 10 * minute;
      await recordPoll(store, await fixture.claim('a'), throttled(untilMs), noon);
      await recordPoll(store, await fixture.claim('b'), aPollResult({ nextCheckMs: noon + hour }), noon);
      const paused = { nextCheckMs: untilMs, nextCheckReason: { code: 'host_paused' } };
      expect(await readSourceReports(store.reader)).toMatchObject([
        {
          id: 'a',
          nextCheckMs: noon + day,
          nextCheckReason: { code: 'retry_after', waitMs: day, throttling: 'rate_limited' },
        },
        { id: 'b', nextCheckMs: noon + hour, nextCheckReason: { code: 'adaptive_interval', intervalMs: hour } },
        { id: 'c', ...paused },
        { id: 'elsewhere', nextCheckMs: noon, nextCheckReason: { code: 'never_read' } },
      ]);
    }));
});
