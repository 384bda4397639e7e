import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/runtime/log.ts';
import { createShutdown } from '../../src/runtime/shutdown.ts';

describe('createShutdown', () => {
  it('stops parts one after the other, the last started first', async () => {
    const shutdown = createShutdown(silentLog);
    const order: string[] = [];
    shutdown.onStop('store', () => {
      order.push('store');
    });
    shutdown.onStop('loop', async () => {
      await Promise.resolve();
      order.push('loop');
    });
    await shutdown.stop();
    expect(order).toEqual(['loop', 'store']);
  });

  it('stops the other parts when one fails, and logs its name', async () => {
    const logged: object[] = [];
    const shutdown = createShutdown({ ...silentLog, error: (facts) => logged.push(facts) });
    let stopped = false;
    shutdown.onStop('store', () => {
      stopped = true;
    });
    shutdown.onStop('loop', () => Promise.reject(new Error('stuck')));
    await shutdown.stop();
    expect(stopped).toBe(true);
    expect(logged).toEqual([expect.objectContaining({ part: 'loop' })]);
  });

  it('stops once, however often it is called', async () => {
    const shutdown = createShutdown(silentLog);
    let times = 0;
    shutdown.onStop('one', () => {
      times += 1;
    });
    await Promise.all([shutdown.stop(), shutdown.stop()]);
    expect(times).toBe(1);
  });
});
