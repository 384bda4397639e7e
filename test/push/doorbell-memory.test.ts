import { describe, expect, it } from 'vitest';
import { createMemoryDoorbell } from '../../src/push/doorbell-memory.ts';

describe('createMemoryDoorbell', () => {
  it('is heard by all who listen', async () => {
    const bell = createMemoryDoorbell();
    const heard: string[] = [];
    bell.listen((head) => heard.push(`a ${head}`));
    bell.listen((head) => heard.push(`b ${head}`));
    await bell.notify(7);
    expect(heard).toEqual(['a 7', 'b 7']);
  });

  it('is not heard by one who has stopped listening', async () => {
    const bell = createMemoryDoorbell();
    const heard: number[] = [];
    const stop = bell.listen((head) => {
      heard.push(head);
      stop();
    });
    await bell.notify(1);
    await bell.notify(2);
    expect(heard).toEqual([1]);
  });

  it('does not mind when nobody listens', async () => {
    await expect(createMemoryDoorbell().notify(1)).resolves.toBeUndefined();
  });
});
