import { describe, expect, it } from 'vitest';
import { createMemoryDoorbell } from '../../src/push/doorbell.ts';

describe('createMemoryDoorbell', () => {
  it('notifies all listeners', async () => {
    const bell = createMemoryDoorbell();
    const calls: string[] = [];
    bell.listen((head) => calls.push(`a ${head}`));
    bell.listen((head) => calls.push(`b ${head}`));
    await bell.notify(7);
    expect(calls).toEqual(['a 7', 'b 7']);
  });

  it('does not notify a listener that was removed', async () => {
    const bell = createMemoryDoorbell();
    const calls: number[] = [];
    const stop = bell.listen((head) => {
      calls.push(head);
      stop();
    });
    await bell.notify(1);
    await bell.notify(2);
    expect(calls).toEqual([1]);
  });

  it('resolves without listeners', async () => {
    await expect(createMemoryDoorbell().notify(1)).resolves.toBeUndefined();
  });
});
