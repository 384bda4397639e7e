import { afterEach, describe, expect, it } from 'vitest';
import {
  type Answer,
  createDispatcherHarness,
  declareOne,
  ok,
  stopDispatchers,
} from '../../support/push/dispatcher-harness.ts';
import { makeState, makeWebhook } from '../../support/push/webhook-helpers.ts';
import { until } from '../../support/until.ts';

afterEach(stopDispatchers);

describe('a webhook dispatcher that is woken', () => {
  it('misses no event that is published while it reaches the head of the log', async () => {
    const one = createDispatcherHarness();
    await declareOne(one);
    const head = one.log.bounds.bind(one.log);
    one.log.bounds = async () => {
      const found = await head();
      one.log.bounds = head;
      one.log.append();
      one.dispatcher.wake();
      return found;
    };
    one.dispatcher.wake();
    await one.pass();
    expect(one.seqs()).toEqual([[1]]);
  });

  it('wakes no other webhook after a delivery, and reads only the new part of the log', async () => {
    const answers: (() => void)[] = [];
    const slow: Answer = () => new Promise((resolve) => answers.push(() => resolve(ok)));
    const other = { id: 'other', url: 'https://example.org/other' };
    const one = createDispatcherHarness([slow], [makeState(0), makeState(0, other)]);
    one.dispatcher.setWebhooks([makeWebhook(), makeWebhook(other)]);
    await one.publish();
    // Both are being served, so both miss the wake.
    one.dispatcher.wake();
    for (const answer of answers.splice(0)) answer();
    await one.pass();
    const { reads } = one.states;
    await one.pass();
    expect(one.states.reads).toBe(reads);
    expect(reads).toBeLessThanOrEqual(6);
    expect(one.log.reads).toBe(2);
    expect(one.seqs()).toEqual([[1], [1]]);
  });

  it('reads the log no more often than it grows, however often it is woken', async () => {
    const one = createDispatcherHarness();
    one.dispatcher.setWebhooks([makeWebhook({ filter: { sections: ['world'] } })]);
    await one.publish();
    await one.publish();
    expect(one.log.reads).toBe(2);
    for (let wakes = 0; wakes < 50; wakes += 1) {
      one.dispatcher.wake();
      await one.pass();
    }
    expect(one.log.reads).toBe(2);
  });

  it('yields to the event loop between pages without matches', async () => {
    const one = createDispatcherHarness();
    one.dispatcher.setWebhooks([makeWebhook({ filter: { sections: ['world'] } })]);
    await one.pass();
    for (let index = 0; index < 10_000; index += 1) one.log.append();
    one.dispatcher.wake();
    for (let step = 0; step < 1000; step += 1) await undefined;
    expect(one.log.reads).toBe(1);
    await until('the whole log to be read', () => one.log.reads >= 50 || null);
    await one.pass(1000);
    expect(one.states.of()).toMatchObject({ seq: 10_000, announcedSeq: 0 });
  });

  it('applies a changed declaration to the rest of a backlog', async () => {
    const one = createDispatcherHarness([
      async () => {
        one.dispatcher.setWebhooks([makeWebhook({ filter: { sections: ['world'] } })]);
        return ok;
      },
      ok,
    ]);
    for (let index = 0; index < 300; index += 1) one.log.append();
    await declareOne(one);
    one.log.append({ facets: { sections: ['World'] } });
    await one.pass(1000);
    expect(one.seqs().slice(1)).toEqual([[301]]);
  });
});
