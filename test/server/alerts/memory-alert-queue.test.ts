import { describe, expect, it } from 'vitest';
import { createMemoryAlertQueue } from '../../../src/server/alerts/memory-alert-queue.ts';
import { anAlert, aReceiver, alertNoon as noon } from '../../push/alerts/alert-samples.ts';

const failed = { outcome: 'failed', status: 503, detail: 'HTTP 503', nextAttemptMs: noon + 5000, atMs: noon } as const;

describe('the queue of alerts that cannot be stored', () => {
  it('keeps an alert until it is delivered or dropped, and reports each attempt', async () => {
    const attempts: string[] = [];
    const queue = createMemoryAlertQueue(
      async (receiver, _, { outcome }) => void attempts.push(`${receiver} ${outcome}`),
    );
    queue.add(anAlert({ title: 'one' }), [aReceiver('ops'), aReceiver('phone')]);
    queue.add(anAlert({ title: 'two' }), [aReceiver('ops')]);
    const first = await queue.next('ops');
    if (first === null) throw new Error('nothing waits');
    await queue.record('ops', first, failed);
    const again = await queue.next('ops');
    expect(again).toMatchObject({ alert: { title: 'one' }, attempts: 1, nextAttemptMs: noon + 5000 });
    await queue.record('ops', first, { ...failed, outcome: 'delivered' });
    expect((await queue.next('ops'))?.alert.title).toBe('two');
    expect((await queue.next('phone'))?.alert.title).toBe('one');
    expect(await queue.next('other')).toBeNull();
    expect(attempts).toEqual(['ops failed', 'ops delivered']);
  });

  it('holds the newest 20 alerts of a receiver', async () => {
    const queue = createMemoryAlertQueue(async () => {});
    for (let index = 0; index < 25; index += 1) queue.add(anAlert({ title: `${index}` }), [aReceiver()]);
    expect((await queue.next('ops'))?.alert.title).toBe('5');
  });
});
