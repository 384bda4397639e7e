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

describe('a courier', () => {
  it('sends what was published at once, signed, and moves the place once it is taken', async () => {
    const one = createDispatcherHarness();
    await declareOne(one);
    await one.publish(2);
    expect(one.seqs()).toEqual([[1, 2]]);
    expect(one.book.of()).toMatchObject({ seq: 2, told: 2, lastOutcome: 'delivered', delivered: 2 });
    const [{ url, headers, body }] = one.posts as [WebhookRequest];
    expect(url).toBe('https://example.org/hook');
    expect(headers['content-type']).toBe('application/json');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const signature = createHmac('sha256', Buffer.alloc(32, 1)).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(headers['webhook-timestamp']).toBe(String(Math.floor(one.clock.now() / 1000)));
  });

  it('asks an address that hides something whole, and tells nothing of it', async () => {
    const detail = 'dns: https://example.org/s3cret is not there';
    const shown = 'https://example.org/***';
    const one = createDispatcherHarness([{ kind: 'failed', detail, status: null }], [makeState(0, { url: shown })]);
    one.courier.setWebhooks([
      makeWebhook({ url: 'https://example.org/s3cret', hidden: { url: shown, secrets: ['s3cret'] } }),
    ]);
    await one.publish();
    expect(one.posts.map(({ url }) => url)).toEqual(['https://example.org/s3cret']);
    expect(one.book.of()).toMatchObject({ url: shown, lastDetail: 'dns: https://example.org/*** is not there' });
    expect(one.said.join()).not.toContain('s3cret');
  });

  it('looks by itself each second, since what a command writes rings no bell', async () => {
    const one = createDispatcherHarness();
    await declareOne(one);
    one.log.append();
    await one.pass(999);
    expect(one.posts).toHaveLength(0);
    await one.pass(1);
    expect(one.seqs()).toEqual([[1]]);
  });

  it('asks nothing of the book while no webhook is declared', async () => {
    const one = createDispatcherHarness();
    one.courier.wake();
    await one.pass(10_000);
    expect(one.book.reads).toBe(0);
  });

  it('sends one batch at a time, and what came meanwhile in the next', async () => {
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

  it('sends the same bytes under the same name again until they are taken, then the rest in order', async () => {
    const one = createDispatcherHarness([down, down, ok]);
    await declareOne(one);
    await one.publish(2);
    await one.publish(3);
    expect(one.posts).toHaveLength(1);
    expect(one.book.of()).toMatchObject({ seq: 0, failures: 1, lastStatus: 500, lastDetail: 'HTTP 500' });
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
    expect(one.book.of()).toMatchObject({ seq: 5, failures: 0, firstFailedMs: null });
    expect(one.ends).toEqual(['failed', 'failed', 'delivered', 'delivered']);
  });

  it('sends nothing more after a 410 until the webhook is resumed', async () => {
    const one = createDispatcherHarness([{ kind: 'answered', status: 410, retryAfterMs: null }, ok]);
    await declareOne(one);
    await one.publish();
    await one.pass(10 * 3_600_000);
    expect(one.posts).toHaveLength(1);
    expect(one.said.join()).toContain('a webhook is paused until the operator resumes it');
    one.book.rows.set('hook', { ...one.book.of(), pausedMs: null, failures: 0 });
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1], [1]]);
  });

  it('does as the book says when its place was moved during a delivery', async () => {
    const moved = async (): Promise<PostResult> => {
      one.book.rows.set('hook', makeState(1));
      return ok;
    };
    const one = createDispatcherHarness([ok, moved, ok]);
    await declareOne(one);
    await one.publish(3);
    await one.publish(1);
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1, 2, 3], [4], [2, 3, 4]]);
    expect(one.book.of().seq).toBe(4);
  });

  it('says that the log was cut and goes on from its floor, only once that was taken', async () => {
    const one = createDispatcherHarness([down, ok], [makeState(2)]);
    for (let index = 0; index < 10; index += 1) one.log.append();
    one.log.trim(7);
    await declareOne(one);
    expect(one.book.of()).toMatchObject({ seq: 2, failures: 1 });
    await one.pass(2000);
    expect(one.posts.map(({ body }) => (JSON.parse(body) as { type: string }).type)).toEqual([
      'reset',
      'reset',
      'events',
    ]);
    expect(one.seqs().at(-1)).toEqual([7, 8, 9, 10]);
  });

  it('writes silence down at most once a second', async () => {
    const one = createDispatcherHarness();
    one.courier.setWebhooks([makeWebhook({ filter: { sections: ['world'] } })]);
    for (let index = 0; index < 50; index += 1) await one.publish();
    expect(one.book.writes).toBe(1);
    await one.pass(1000);
    expect(one.book.writes).toBe(2);
    expect(one.book.of()).toMatchObject({ seq: 50, told: 0, lastOutcome: null });
    expect(one.posts).toHaveLength(0);
  });

  it('serves webhooks side by side: one that hangs holds up no other', async () => {
    const hang: Answer = ({ url }) => (url.includes('slow') ? new Promise(() => {}) : Promise.resolve(ok));
    const slow = { id: 'slow', url: 'https://example.org/slow' };
    const one = createDispatcherHarness([hang], [makeState(0), makeState(0, slow)]);
    one.courier.setWebhooks([makeWebhook(slow), makeWebhook()]);
    await one.publish(2);
    await one.publish(1);
    expect(one.book.of()).toMatchObject({ seq: 3 });
    expect(one.book.of('slow')).toMatchObject({ seq: 0 });
  });

  it('leaves alone what is removed, waits, or has another address in the book', async () => {
    const states = [
      makeState(0, { id: 'removed', removedMs: 1 }),
      makeState(0, { id: 'waits', nextAttemptMs: createFakeClock().now() + 60_000 }),
      makeState(0, { id: 'moved', url: 'https://example.org/before' }),
      makeState(0, { id: 'stranger' }),
    ];
    const one = createDispatcherHarness([ok], states);
    one.courier.setWebhooks(['removed', 'waits', 'moved'].map((id) => makeWebhook({ id })));
    await one.publish();
    expect(one.posts).toHaveLength(0);
    await one.pass(60_000);
    expect(one.posts).toHaveLength(1);
  });

  it('does not wait for ever on a clock that was put back', async () => {
    const one = createDispatcherHarness(
      [ok],
      [makeState(0, { nextAttemptMs: createFakeClock().now() + 9 * 86_400_000 })],
    );
    await declareOne(one);
    await one.publish();
    expect(one.posts).toHaveLength(1);
  });

  it('tries again at once what was tried before the clock was set back by an hour', async () => {
    const one = createDispatcherHarness([down, ok]);
    await declareOne(one);
    await one.publish();
    one.clock.turnWall(-3_600_000);
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1], [1]]);
  });

  it('goes on when the book or the log cannot be read for a while', async () => {
    const one = createDispatcherHarness();
    one.book.fault = new Error('locked');
    await declareOne(one);
    await one.publish();
    one.book.fault = null;
    one.log.beforeRead = () => {
      one.log.beforeRead = () => {};
      throw new Error('disk');
    };
    await one.pass(1000);
    expect(one.posts).toHaveLength(0);
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1]]);
    expect(one.said.filter((line) => line.includes('trying again'))).toHaveLength(3);
  });

  it('counts a secret that is none as a failure and sends nothing unsigned', async () => {
    const one = createDispatcherHarness();
    one.courier.setWebhooks([makeWebhook({ secrets: ['hush-hush'] })]);
    await one.publish();
    expect(one.posts).toHaveLength(0);
    expect(one.book.of()).toMatchObject({ failures: 1, lastDetail: 'its secret is not of the form whsec_…' });
  });

  it('never writes a secret or an address into the log', async () => {
    const one = createDispatcherHarness([down, ok]);
    const webhook = makeWebhook({ url: 'https://example.org/hook' });
    one.courier.setWebhooks([webhook]);
    await one.publish();
    await one.pass(5000);
    expect(one.said.length).toBeGreaterThan(1);
    expect(one.said.join()).not.toContain(webhook.secrets[0]?.slice(6));
    expect(one.said.join()).not.toContain(webhook.url);
  });

  it('cuts off what is under way when it stops, so that it is sent again after the next start', async () => {
    const hang: Answer = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const one = createDispatcherHarness([hang]);
    await declareOne(one);
    await one.publish();
    const stopped = one.courier.stop();
    await one.pass(2000);
    await stopped;
    expect(one.book.of()).toEqual(makeState(0));
    await one.publish(3);
    expect(one.posts).toHaveLength(1);
    expect(one.said.join()).not.toContain('could not be served');
  });
});
