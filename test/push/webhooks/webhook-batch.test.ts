import { describe, expect, it } from 'vitest';
import { readBatch, type WebhookBatch } from '../../../src/push/webhooks/webhook-batch.ts';
import { MemoryLog } from '../../support/push/memory-log.ts';
import { makeState, makeWebhook } from '../../support/push/webhook-helpers.ts';

const publicUrl = 'https://news.example.com';

function plan(log: MemoryLog, seq: number, over: Parameters<typeof makeState>[1] = {}, untilSeq: number | null = null) {
  return readBatch(makeWebhook(), makeState(seq, over), { log, publicUrl, untilSeq });
}

function bodyOf(one: WebhookBatch): {
  type: string;
  after: string;
  cursor: string;
  events: { seq: number; prev: number; op: string; item: { id: number; page?: string } }[];
} {
  if (one.kind !== 'send') throw new Error('nothing to send');
  return JSON.parse(one.body);
}

describe('what a webhook is sent', () => {
  it('is what follows its place, in order, with the place before and the place after', async () => {
    const log = new MemoryLog(3);
    const next = await plan(log, 1);
    expect(next).toMatchObject({ kind: 'send', place: { epoch: 'e1', seq: 3, told: 3 }, events: 2 });
    expect(bodyOf(next)).toMatchObject({
      type: 'events',
      webhook: 'hook',
      after: 'e1-1',
      cursor: 'e1-3',
      events: [
        { seq: 2, prev: 1, op: 'add', item: { id: 2, title: 'Item 2', page: 'https://news.example.com/items/2' } },
        { seq: 3, prev: 2, op: 'add', item: { id: 3 } },
      ],
    });
  });

  it('is nothing when nothing follows', async () => {
    expect(await plan(new MemoryLog(3), 3)).toEqual({
      kind: 'nothing',
      place: { epoch: 'e1', seq: 3, told: 3 },
      more: false,
    });
    expect(await plan(new MemoryLog(), 0)).toMatchObject({ kind: 'nothing', more: false });
  });

  it('passes over what the filter does not want, and the chain of places stays whole', async () => {
    const log = new MemoryLog();
    for (const section of ['World', 'Arts', 'World', 'Arts']) log.append({ facets: { sections: [section] } });
    const webhook = makeWebhook({ filter: { sections: ['world'] } });
    const first = await readBatch(webhook, makeState(0), { log, publicUrl, untilSeq: null });
    expect(bodyOf(first)).toMatchObject({
      after: 'e1-0',
      cursor: 'e1-3',
      events: [
        { seq: 1, prev: 0 },
        { seq: 3, prev: 1 },
      ],
    });
    expect(first).toMatchObject({ place: { seq: 4, told: 3 } });
    log.append({ facets: { sections: ['World'] } });
    const second = await readBatch(webhook, makeState(4, { told: 3 }), { log, publicUrl, untilSeq: null });
    expect(bodyOf(second)).toMatchObject({ after: 'e1-3', cursor: 'e1-5', events: [{ seq: 5, prev: 3 }] });
  });

  it('takes away what has left the filter, and leaves backfill out', async () => {
    const log = new MemoryLog();
    log.append({ op: 'update', itemId: 7, facets: { sections: ['Arts'] }, was: { sections: ['World'] } });
    log.append({ backfill: true, facets: { sections: ['World'] } });
    log.append({ op: 'remove', itemId: 9, facets: { sections: ['World'] } });
    const webhook = makeWebhook({ filter: { sections: ['world'] } });
    const next = await readBatch(webhook, makeState(0), { log, publicUrl, untilSeq: null });
    expect(bodyOf(next).events).toEqual([
      { seq: 1, prev: 0, op: 'remove', item: { id: 7, url: 'https://example.org/7' } },
      { seq: 3, prev: 1, op: 'remove', item: { id: 9, url: 'https://example.org/9' } },
    ]);
  });

  it('is at most 64 events, and at most 64 KB unless one alone is larger', async () => {
    const log = new MemoryLog(100);
    expect(await plan(log, 0)).toMatchObject({ events: 64, place: { seq: 64 } });
    const large = new MemoryLog();
    const big = JSON.stringify({ id: 1, url: null, title: 'x'.repeat(40_000) });
    for (let index = 0; index < 3; index += 1) large.append({ body: big });
    large.append({ body: JSON.stringify({ id: 4, url: null, title: 'x'.repeat(90_000) }) });
    expect(await plan(large, 0)).toMatchObject({ events: 1, place: { seq: 1 } });
    expect(await plan(large, 3)).toMatchObject({ events: 1, place: { seq: 4 } });
  });

  it('is the same batch again up to its end, whatever has come since', async () => {
    const log = new MemoryLog(2);
    const before = await plan(log, 0);
    log.append();
    expect(await plan(log, 0, {}, 2)).toEqual(before);
    expect(await plan(log, 0)).toMatchObject({ events: 3 });
  });

  it('goes on behind a hole, which is a bug of the store and no loss of the place', async () => {
    const log = new MemoryLog(1);
    log.leaveHole(2);
    log.append();
    expect(bodyOf(await plan(log, 1))).toMatchObject({ after: 'e1-1', cursor: 'e1-4', events: [{ seq: 4, prev: 1 }] });
  });

  it('is looked for a stretch at a time where nothing is wanted', async () => {
    const log = new MemoryLog(5000);
    const webhook = makeWebhook({ filter: { sections: ['world'] } });
    const first = await readBatch(webhook, makeState(0), { log, publicUrl, untilSeq: null });
    expect(first).toEqual({ kind: 'nothing', place: { epoch: 'e1', seq: 2000, told: 0 }, more: true });
  });
});

describe('a webhook whose place the log cannot tell', () => {
  it.each([
    ['cursor_too_old', 3, {}],
    ['cursor_in_future', 12, {}],
    ['epoch_changed', 8, { epoch: 'e0' }],
  ] as const)('is told so, with the reason %s, and goes on from the oldest event', async (reason, seq, over) => {
    const log = new MemoryLog(10);
    log.trim(5);
    const next = await plan(log, seq, over);
    expect(bodyOf(next)).toEqual({
      type: 'reset',
      webhook: 'hook',
      reason,
      epoch: 'e1',
      floor: log.floorSeq,
      head: 10,
      cursor: `e1-${log.floorSeq - 1}`,
    });
    expect(next).toMatchObject({ place: { epoch: 'e1', seq: log.floorSeq - 1, told: log.floorSeq - 1 }, events: 0 });
  });

  it('is one that retention overtook during the read', async () => {
    const log = new MemoryLog(10);
    log.afterRead = () => log.trim(8);
    expect(bodyOf(await plan(log, 2)).type).toBe('reset');
  });

  it('is not one that stands right before the oldest event', async () => {
    const log = new MemoryLog(10);
    log.trim(5);
    expect(bodyOf(await plan(log, log.floorSeq - 1))).toMatchObject({ type: 'events' });
  });
});
