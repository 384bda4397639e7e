import { describe, expect, it } from 'vitest';
import { readBatch, type WebhookBatch } from '../../../src/push/webhooks/webhook-batch.ts';
import { MemoryLog } from '../../support/push/memory-log.ts';
import { makeState, makeWebhook } from '../../support/push/webhook-helpers.ts';

const publicUrl = 'https://news.example.com';

function plan(log: MemoryLog, seq: number, over: Parameters<typeof makeState>[1] = {}, untilSeq: number | null = null) {
  return readBatch(makeWebhook(), makeState(seq, over), { eventLog: log, publicUrl, untilSeq });
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

describe('a webhook delivery', () => {
  it('contains the events after its position, in order, with the cursors before and after', async () => {
    const log = new MemoryLog(3);
    const next = await plan(log, 1);
    expect(next).toMatchObject({ kind: 'send', position: { epoch: 'e1', seq: 3, announcedSeq: 3 }, events: 2 });
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

  it('is empty when no event follows', async () => {
    expect(await plan(new MemoryLog(3), 3)).toEqual({
      kind: 'nothing',
      position: { epoch: 'e1', seq: 3, announcedSeq: 3 },
      more: false,
    });
    expect(await plan(new MemoryLog(), 0)).toMatchObject({ kind: 'nothing', more: false });
  });

  it('skips events that do not match, and keeps the chain of cursors', async () => {
    const log = new MemoryLog();
    for (const section of ['World', 'Arts', 'World', 'Arts']) log.append({ facets: { sections: [section] } });
    const webhook = makeWebhook({ filter: { sections: ['world'] } });
    const first = await readBatch(webhook, makeState(0), { eventLog: log, publicUrl, untilSeq: null });
    expect(bodyOf(first)).toMatchObject({
      after: 'e1-0',
      cursor: 'e1-3',
      events: [
        { seq: 1, prev: 0 },
        { seq: 3, prev: 1 },
      ],
    });
    expect(first).toMatchObject({ position: { seq: 4, announcedSeq: 3 } });
    log.append({ facets: { sections: ['World'] } });
    const second = await readBatch(webhook, makeState(4, { announcedSeq: 3 }), {
      eventLog: log,
      publicUrl,
      untilSeq: null,
    });
    expect(bodyOf(second)).toMatchObject({ after: 'e1-3', cursor: 'e1-5', events: [{ seq: 5, prev: 3 }] });
  });

  it('sends remove for items that left the filter, and omits backfill', async () => {
    const log = new MemoryLog();
    log.append({ op: 'update', itemId: 7, facets: { sections: ['Arts'] }, was: { sections: ['World'] } });
    log.append({ backfill: true, facets: { sections: ['World'] } });
    log.append({ op: 'remove', itemId: 9, facets: { sections: ['World'] } });
    const webhook = makeWebhook({ filter: { sections: ['world'] } });
    const next = await readBatch(webhook, makeState(0), { eventLog: log, publicUrl, untilSeq: null });
    expect(bodyOf(next).events).toEqual([
      { seq: 1, prev: 0, op: 'remove', item: { id: 7, url: 'https://example.org/7' } },
      { seq: 3, prev: 1, op: 'remove', item: { id: 9, url: 'https://example.org/9' } },
    ]);
  });

  it('contains at most 64 events, and at most 64 KB or one larger event', async () => {
    const log = new MemoryLog(100);
    expect(await plan(log, 0)).toMatchObject({ events: 64, position: { seq: 64 } });
    const large = new MemoryLog();
    const big = JSON.stringify({ id: 1, url: null, title: 'x'.repeat(40_000) });
    for (let index = 0; index < 3; index += 1) large.append({ body: big });
    large.append({ body: JSON.stringify({ id: 4, url: null, title: 'x'.repeat(90_000) }) });
    expect(await plan(large, 0)).toMatchObject({ events: 1, position: { seq: 1 } });
    expect(await plan(large, 3)).toMatchObject({ events: 1, position: { seq: 4 } });
  });

  it('repeats the same batch up to its end, whatever events were added since', async () => {
    const log = new MemoryLog(2);
    const before = await plan(log, 0);
    log.append();
    expect(await plan(log, 0, {}, 2)).toEqual(before);
    expect(await plan(log, 0)).toMatchObject({ events: 3 });
  });

  it('continues after a hole, which is a bug of the store and does not invalidate the position', async () => {
    const log = new MemoryLog(1);
    log.leaveHole(2);
    log.append();
    expect(bodyOf(await plan(log, 1))).toMatchObject({ after: 'e1-1', cursor: 'e1-4', events: [{ seq: 4, prev: 1 }] });
  });

  it('is searched in bounded portions where nothing matches', async () => {
    const log = new MemoryLog(5000);
    const webhook = makeWebhook({ filter: { sections: ['world'] } });
    const first = await readBatch(webhook, makeState(0), { eventLog: log, publicUrl, untilSeq: null });
    expect(first).toEqual({ kind: 'nothing', position: { epoch: 'e1', seq: 2000, announcedSeq: 0 }, more: true });
  });
});

describe('the position of a webhook', () => {
  it.each([
    ['cursor_too_old', 3, {}],
    ['cursor_in_future', 12, {}],
    ['epoch_changed', 8, { epoch: 'e0' }],
  ] as const)('is reset with the reason %s, and continues from the oldest event', async (reason, seq, over) => {
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
    expect(next).toMatchObject({
      position: { epoch: 'e1', seq: log.floorSeq - 1, announcedSeq: log.floorSeq - 1 },
      events: 0,
    });
  });

  it('is reset when retention passed it during the read', async () => {
    const log = new MemoryLog(10);
    log.afterRead = () => log.trim(8);
    expect(bodyOf(await plan(log, 2)).type).toBe('reset');
  });

  it('is not reset when it is just before the oldest event', async () => {
    const log = new MemoryLog(10);
    log.trim(5);
    expect(bodyOf(await plan(log, log.floorSeq - 1))).toMatchObject({ type: 'events' });
  });
});
