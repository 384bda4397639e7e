import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { PostResult } from '../../../src/push/webhooks/delivery-outcome.ts';
import type { WebhookRequest } from '../../../src/push/webhooks/webhook-dispatcher.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import {
  type Answer,
  createDispatcherHarness,
  declareOne,
  down,
  ok,
  stopDispatchers,
} from '../../support/push/dispatcher-harness.ts';
import { makeState, makeWebhook } from '../../support/push/webhook-helpers.ts';

afterEach(stopDispatchers);

describe('the webhook dispatcher', () => {
  it('sends events at once, signed, and advances after they are accepted', async () => {
    const one = createDispatcherHarness();
    await declareOne(one);
    await one.publish(2);
    expect(one.seqs()).toEqual([[1, 2]]);
    expect(one.states.of()).toMatchObject({ seq: 2, announcedSeq: 2, lastOutcome: 'delivered', delivered: 2 });
    const [{ url, headers, body }] = one.posts as [WebhookRequest];
    expect(url).toBe('https://example.org/hook');
    expect(headers['content-type']).toBe('application/json');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', Buffer.alloc(32, 1)).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(one.clock.now() / 1000)));
  });

  it('requests the complete secret address and never discloses it', async () => {
    const detail = 'dns: https://example.org/s3cret is not there';
    const shown = 'https://example.org/***';
    const one = createDispatcherHarness([{ kind: 'failed', detail, status: null }], [makeState(0, { url: shown })]);
    one.dispatcher.setWebhooks([
      makeWebhook({ url: 'https://example.org/s3cret', hidden: { url: shown, secrets: ['s3cret'] } }),
    ]);
    await one.publish();
    expect(one.posts.map(({ url }) => url)).toEqual(['https://example.org/s3cret']);
    expect(one.states.of()).toMatchObject({ url: shown, lastDetail: 'dns: https://example.org/*** is not there' });
    expect(one.logLines.join()).not.toContain('s3cret');
  });

  it('polls each second, since changes by commands send no notification', async () => {
    const one = createDispatcherHarness();
    await declareOne(one);
    one.log.append();
    await one.pass(999);
    expect(one.posts).toHaveLength(0);
    await one.pass(1);
    expect(one.seqs()).toEqual([[1]]);
  });

  it('reads no state while no webhook is declared', async () => {
    const one = createDispatcherHarness();
    one.dispatcher.wake();
    await one.pass(10_000);
    expect(one.states.reads).toBe(0);
  });

  it('sends one batch at a time, and events added meanwhile in the next', async () => {
    let taken = () => {};
    const slow = () =>
      new Promise<PostResult>((resolve) => {
        taken = () => resolve(ok);
      });
    const one = createDispatcherHarness([slow, ok]);
    await declareOne(one);
    await one.publish();
    await one.publish(3);
    expect(one.seqs()).toEqual([[1]]);
    taken();
    await one.pass();
    expect(one.seqs()).toEqual([[1], [2, 3, 4]]);
  });

  it('repeats the same bytes with the same id until they are accepted, then sends the rest in order', async () => {
    const one = createDispatcherHarness([down, down, ok]);
    await declareOne(one);
    await one.publish(2);
    await one.publish(3);
    expect(one.posts).toHaveLength(1);
    expect(one.states.of()).toMatchObject({ seq: 0, failures: 1, lastStatus: 500, lastDetail: 'HTTP 500' });
    await one.pass(2000);
    expect(one.posts).toHaveLength(2);
    await one.pass(4000);
    expect(one.seqs()).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [3, 4, 5],
    ]);
    const ids = one.posts.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids.slice(0, 3)).size).toBe(1);
    expect(ids[3]).not.toBe(ids[0]);
    expect(one.posts[0]?.headers['webhook-signature']).not.toBe(one.posts[2]?.headers['webhook-signature']);
    expect(one.states.of()).toMatchObject({ seq: 5, failures: 0, firstFailedMs: null });
    expect(one.outcomes).toEqual(['failed', 'failed', 'delivered', 'delivered']);
  });

  it('sends nothing more after a 410 until the webhook is resumed', async () => {
    const one = createDispatcherHarness([{ kind: 'answered', status: 410, retryAfterMs: null }, ok]);
    await declareOne(one);
    await one.publish();
    await one.pass(10 * 3_600_000);
    expect(one.posts).toHaveLength(1);
    expect(one.logLines.join()).toContain('a webhook is paused until the operator resumes it');
    one.states.rows.set('hook', { ...one.states.of(), pausedMs: null, failures: 0 });
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1], [1]]);
  });

  it('follows the stored position when it was moved during a delivery', async () => {
    const moved = async (): Promise<PostResult> => {
      one.states.rows.set('hook', makeState(1));
      return ok;
    };
    const one = createDispatcherHarness([ok, moved, ok]);
    await declareOne(one);
    await one.publish(3);
    await one.publish(1);
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1, 2, 3], [4], [2, 3, 4]]);
    expect(one.states.of().seq).toBe(4);
  });

  it('sends a reset and continues from the floor only after it was accepted', async () => {
    const one = createDispatcherHarness([down, ok], [makeState(2)]);
    for (let index = 0; index < 10; index += 1) one.log.append();
    one.log.trim(7);
    await declareOne(one);
    expect(one.states.of()).toMatchObject({ seq: 2, failures: 1 });
    await one.pass(2000);
    expect(one.posts.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual([
      'reset',
      'reset',
      'events',
    ]);
    expect(one.seqs().at(-1)).toEqual([7, 8, 9, 10]);
  });

  it('stores a position without a delivery at most once a second', async () => {
    const one = createDispatcherHarness();
    one.dispatcher.setWebhooks([makeWebhook({ filter: { sections: ['world'] } })]);
    for (let index = 0; index < 50; index += 1) await one.publish();
    expect(one.states.writes).toBe(1);
    await one.pass(1000);
    expect(one.states.writes).toBe(2);
    expect(one.states.of()).toMatchObject({ seq: 50, announcedSeq: 0, lastOutcome: null });
    expect(one.posts).toHaveLength(0);
  });

  it('serves webhooks concurrently: one that hangs does not delay the others', async () => {
    const hang: Answer = ({ url }) => (url.includes('slow') ? new Promise(() => {}) : Promise.resolve(ok));
    const slow = { id: 'slow', url: 'https://example.org/slow' };
    const one = createDispatcherHarness([hang], [makeState(0), makeState(0, slow)]);
    one.dispatcher.setWebhooks([makeWebhook(slow), makeWebhook()]);
    await one.publish(2);
    await one.publish(1);
    expect(one.states.of()).toMatchObject({ seq: 3 });
    expect(one.states.of('slow')).toMatchObject({ seq: 0 });
  });

  it('skips webhooks that are removed, waiting, or stored with another address', async () => {
    const states = [
      makeState(0, { id: 'removed', removedMs: 1 }),
      makeState(0, { id: 'waits', nextAttemptMs: createFakeClock().now() + 60_000 }),
      makeState(0, { id: 'moved', url: 'https://example.org/before' }),
      makeState(0, { id: 'stranger' }),
    ];
    const one = createDispatcherHarness([ok], states);
    one.dispatcher.setWebhooks(['removed', 'waits', 'moved'].map((id) => makeWebhook({ id })));
    await one.publish();
    expect(one.posts).toHaveLength(0);
    await one.pass(60_000);
    expect(one.posts).toHaveLength(1);
  });

  it('does not wait indefinitely after the clock was set back', async () => {
    const one = createDispatcherHarness(
      [ok],
      [makeState(0, { nextAttemptMs: createFakeClock().now() + 9 * 86_400_000 })],
    );
    await declareOne(one);
    await one.publish();
    expect(one.posts).toHaveLength(1);
  });

  it('retries at once after the clock was set back by an hour', async () => {
    const one = createDispatcherHarness([down, ok]);
    await declareOne(one);
    await one.publish();
    one.clock.turnWall(-3_600_000);
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1], [1]]);
  });

  it('recovers when the states or the log could not be read for a while', async () => {
    const one = createDispatcherHarness();
    one.states.fault = new Error('locked');
    await declareOne(one);
    await one.publish();
    one.states.fault = null;
    one.log.beforeRead = () => {
      one.log.beforeRead = () => {};
      throw new Error('disk');
    };
    await one.pass(1000);
    expect(one.posts).toHaveLength(0);
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1]]);
    expect(one.logLines.filter((line) => line.includes('retrying'))).toHaveLength(3);
  });

  it('treats a malformed secret as a failure and sends nothing unsigned', async () => {
    const one = createDispatcherHarness();
    one.dispatcher.setWebhooks([makeWebhook({ secrets: ['hush-hush'] })]);
    await one.publish();
    expect(one.posts).toHaveLength(0);
    expect(one.states.of()).toMatchObject({ failures: 1, lastDetail: 'its secret does not have the form whsec_…' });
  });

  it('never logs a secret or an address', async () => {
    const one = createDispatcherHarness([down, ok]);
    const webhook = makeWebhook({ url: 'https://example.org/hook' });
    one.dispatcher.setWebhooks([webhook]);
    await one.publish();
    await one.pass(5000);
    expect(one.logLines.length).toBeGreaterThan(1);
    expect(one.logLines.join()).not.toContain(webhook.secrets[0]?.slice(6));
    expect(one.logLines.join()).not.toContain(webhook.url);
  });

  it('aborts requests in flight when it stops, so that they are repeated after the next start', async () => {
    const hang: Answer = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const one = createDispatcherHarness([hang]);
    await declareOne(one);
    await one.publish();
    const stopped = one.dispatcher.stop();
    await one.pass(2000);
    await stopped;
    expect(one.states.of()).toEqual(makeState(0));
    await one.publish(3);
    expect(one.posts).toHaveLength(1);
    expect(one.logLines.join()).not.toContain('could not be served');
  });
});
