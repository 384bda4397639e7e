import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebhookState } from '../../../src/domain/webhook.ts';
import { Courier, type Post } from '../../../src/push/webhooks/courier.ts';
import type { PostAnswer } from '../../../src/push/webhooks/verdict.ts';
import type { Log } from '../../../src/runtime/log.ts';
import { createFakeClock, type FakeClock } from '../../helpers/fake-clock.ts';
import { until } from '../../helpers/until.ts';
import { MemoryLog } from '../helpers/memory-log.ts';
import { makeState, makeWebhook } from './helpers.ts';

/** A book in memory that moves a place only from where it is, as the store does. */
class Book {
  readonly rows = new Map<string, WebhookState>();
  fault: Error | null = null;
  reads = 0;
  writes = 0;

  async read(id: string): Promise<WebhookState | null> {
    this.reads += 1;
    if (this.fault !== null) throw this.fault;
    return this.rows.get(id) ?? null;
  }

  async advance(before: WebhookState, after: WebhookState): Promise<boolean> {
    const now = this.rows.get(before.id);
    if (now?.seq !== before.seq || now.told !== before.told || now.epoch !== before.epoch) return false;
    this.rows.set(before.id, after);
    this.writes += 1;
    return true;
  }

  of(id = 'hook'): WebhookState {
    const found = this.rows.get(id);
    if (found === undefined) throw new Error(`no ${id}`);
    return found;
  }
}

interface Stage {
  readonly courier: Courier;
  readonly book: Book;
  readonly log: MemoryLog;
  readonly clock: FakeClock;
  readonly posts: readonly Post[];
  readonly said: readonly string[];
  /** How attempts ended. */
  readonly ends: readonly string[];
  /** Lets time pass until nothing more happens at this instant. */
  pass(ms?: number): Promise<void>;
  publish(events?: number): Promise<void>;
  seqs(): number[][];
}

const couriers: Courier[] = [];
afterEach(async () => {
  for (const courier of couriers.splice(0)) void courier.stop();
});

type Answer = PostAnswer | ((post: Post, signal: AbortSignal) => Promise<PostAnswer>);

const ok: PostAnswer = { kind: 'answered', status: 204, retryAfterMs: null };
const down: PostAnswer = { kind: 'answered', status: 500, retryAfterMs: null };

/** A courier with one webhook; answers are given one after the other, the last one again and again. */
function stage(answers: Answer[] = [ok], states: WebhookState[] = [makeState(0)]): Stage {
  const book = new Book();
  for (const state of states) book.rows.set(state.id, state);
  const log = new MemoryLog();
  const clock = createFakeClock();
  const posts: Post[] = [];
  const said: string[] = [];
  const ends: string[] = [];
  const note = (facts: object, message: string) => void said.push(`${message} ${JSON.stringify(facts)}`);
  const logger: Log = { debug: note, info: note, warn: note, error: note };
  const courier = new Courier({
    log,
    book,
    clock,
    logger,
    random: () => 1,
    publicUrl: () => 'https://news.example.com',
    ended: (outcome) => void ends.push(outcome),
    after: (delayMs, call) => clock.after(delayMs, call),
    async post(post, signal) {
      posts.push(post);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      return typeof answer === 'function' ? answer(post, signal) : (answer ?? ok);
    },
  });
  couriers.push(courier);
  const pass = async (ms = 0) => {
    await clock.advance(ms);
    for (let turn = 0; turn < 10; turn += 1) await clock.rest();
  };
  return {
    ...{ courier, book, log, clock, posts, said, ends, pass },
    async publish(events = 1) {
      for (let index = 0; index < events; index += 1) log.append();
      courier.wake();
      await pass();
    },
    seqs: () =>
      posts.map(({ body }) => (JSON.parse(body) as { events?: { seq: number }[] }).events?.map(({ seq }) => seq) ?? []),
  };
}

const declareOne = async (one: Stage) => {
  one.courier.declare([makeWebhook()]);
  await one.pass();
};

describe('a courier', () => {
  it('sends what was published at once, signed, and moves the place once it is taken', async () => {
    const one = stage();
    await declareOne(one);
    await one.publish(2);
    expect(one.seqs()).toEqual([[1, 2]]);
    expect(one.book.of()).toMatchObject({ seq: 2, told: 2, lastOutcome: 'delivered', delivered: 2 });
    const [{ url, headers, body }] = one.posts as [Post];
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
    const one = stage([{ kind: 'failed', detail, status: null }], [makeState(0, { url: shown })]);
    one.courier.declare([
      makeWebhook({ url: 'https://example.org/s3cret', hidden: { url: shown, secrets: ['s3cret'] } }),
    ]);
    await one.publish();
    expect(one.posts.map(({ url }) => url)).toEqual(['https://example.org/s3cret']);
    expect(one.book.of()).toMatchObject({ url: shown, lastDetail: 'dns: https://example.org/*** is not there' });
    expect(one.said.join()).not.toContain('s3cret');
  });

  it('looks by itself each second, since what a command writes rings no bell', async () => {
    const one = stage();
    await declareOne(one);
    one.log.append();
    await one.pass(999);
    expect(one.posts).toHaveLength(0);
    await one.pass(1);
    expect(one.seqs()).toEqual([[1]]);
  });

  it('asks nothing of the book while no webhook is declared', async () => {
    const one = stage();
    one.courier.wake();
    await one.pass(10_000);
    expect(one.book.reads).toBe(0);
  });

  it('sends one batch at a time, and what came meanwhile in the next', async () => {
    let taken = () => {};
    const slow = () =>
      new Promise<PostAnswer>((resolve) => {
        taken = () => resolve(ok);
      });
    const one = stage([slow, ok]);
    await declareOne(one);
    await one.publish();
    await one.publish(3);
    expect(one.seqs()).toEqual([[1]]);
    taken();
    await one.pass();
    expect(one.seqs()).toEqual([[1], [2, 3, 4]]);
  });

  it('misses nothing that is published while it finds that nothing is left', async () => {
    const one = stage();
    await declareOne(one);
    const head = one.log.head.bind(one.log);
    one.log.head = async () => {
      const found = await head();
      one.log.head = head;
      one.log.append();
      one.courier.wake();
      return found;
    };
    one.courier.wake();
    await one.pass();
    expect(one.seqs()).toEqual([[1]]);
  });

  it('wakes no other webhook at the end of a delivery, and reads no more of the log than has come', async () => {
    const answers: (() => void)[] = [];
    const slow: Answer = () => new Promise((resolve) => answers.push(() => resolve(ok)));
    const other = { id: 'other', url: 'https://example.org/other' };
    const one = stage([slow], [makeState(0), makeState(0, other)]);
    one.courier.declare([makeWebhook(), makeWebhook(other)]);
    await one.publish();
    // Both are being served: the wake is missed by both.
    one.courier.wake();
    for (const answer of answers.splice(0)) answer();
    await one.pass();
    const { reads } = one.book;
    await one.pass();
    expect(one.book.reads).toBe(reads);
    expect(reads).toBeLessThanOrEqual(6);
    expect(one.log.reads).toBe(2);
    expect(one.seqs()).toEqual([[1], [1]]);
  });

  it('reads the log no more often than it grows, however often it is woken', async () => {
    const one = stage();
    one.courier.declare([makeWebhook({ filter: { sections: ['world'] } })]);
    await one.publish();
    await one.publish();
    expect(one.log.reads).toBe(2);
    for (let wakes = 0; wakes < 50; wakes += 1) {
      one.courier.wake();
      await one.pass();
    }
    expect(one.log.reads).toBe(2);
  });

  it('lets the process do something else between the pages of a long silence', async () => {
    const one = stage();
    one.courier.declare([makeWebhook({ filter: { sections: ['world'] } })]);
    await one.pass();
    for (let index = 0; index < 10_000; index += 1) one.log.append();
    one.courier.wake();
    for (let step = 0; step < 1000; step += 1) await undefined;
    expect(one.log.reads).toBe(1);
    await until('the whole log to be read', () => one.log.reads >= 50 || null);
    await one.pass(1000);
    expect(one.book.of()).toMatchObject({ seq: 10_000, told: 0 });
  });

  it('sends the rest of a backlog as a changed declaration says', async () => {
    const one = stage([
      async () => {
        one.courier.declare([makeWebhook({ filter: { sections: ['world'] } })]);
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

  it('sends the same bytes under the same name again until they are taken, then the rest in order', async () => {
    const one = stage([down, down, ok]);
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
    const one = stage([{ kind: 'answered', status: 410, retryAfterMs: null }, ok]);
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
    const moved = async (): Promise<PostAnswer> => {
      one.book.rows.set('hook', makeState(1));
      return ok;
    };
    const one = stage([ok, moved, ok]);
    await declareOne(one);
    await one.publish(3);
    await one.publish(1);
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1, 2, 3], [4], [2, 3, 4]]);
    expect(one.book.of().seq).toBe(4);
  });

  it('says that the log was cut and goes on from its floor, only once that was taken', async () => {
    const one = stage([down, ok], [makeState(2)]);
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
    const one = stage();
    one.courier.declare([makeWebhook({ filter: { sections: ['world'] } })]);
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
    const one = stage([hang], [makeState(0), makeState(0, slow)]);
    one.courier.declare([makeWebhook(slow), makeWebhook()]);
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
    const one = stage([ok], states);
    one.courier.declare(['removed', 'waits', 'moved'].map((id) => makeWebhook({ id })));
    await one.publish();
    expect(one.posts).toHaveLength(0);
    await one.pass(60_000);
    expect(one.posts).toHaveLength(1);
  });

  it('does not wait for ever on a clock that was put back', async () => {
    const one = stage([ok], [makeState(0, { nextAttemptMs: createFakeClock().now() + 9 * 86_400_000 })]);
    await declareOne(one);
    await one.publish();
    expect(one.posts).toHaveLength(1);
  });

  it('tries again at once what was tried before the clock was set back by an hour', async () => {
    const one = stage([down, ok]);
    await declareOne(one);
    await one.publish();
    one.clock.turnWall(-3_600_000);
    await one.pass(1000);
    expect(one.seqs()).toEqual([[1], [1]]);
  });

  it('goes on when the book or the log cannot be read for a while', async () => {
    const one = stage();
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
    const one = stage();
    one.courier.declare([makeWebhook({ secrets: ['hush-hush'] })]);
    await one.publish();
    expect(one.posts).toHaveLength(0);
    expect(one.book.of()).toMatchObject({ failures: 1, lastDetail: 'its secret is not of the form whsec_…' });
  });

  it('never writes a secret or an address into the log', async () => {
    const one = stage([down, ok]);
    const webhook = makeWebhook({ url: 'https://example.org/hook' });
    one.courier.declare([webhook]);
    await one.publish();
    await one.pass(5000);
    expect(one.said.length).toBeGreaterThan(1);
    expect(one.said.join()).not.toContain(webhook.secrets[0]?.slice(6));
    expect(one.said.join()).not.toContain(webhook.url);
  });

  it('cuts off what is under way when it stops, so that it is sent again after the next start', async () => {
    const hang: Answer = (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const one = stage([hang]);
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
