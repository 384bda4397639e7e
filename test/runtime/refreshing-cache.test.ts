import { describe, expect, it } from 'vitest';
import { createRefreshingCache } from '../../src/runtime/refreshing-cache.ts';

/** Reads that the test resolves, and a clock that it advances. */
function setUp(stale: boolean) {
  const clock = { ms: 0, monotonic: () => clock.ms };
  const asked: { readonly resolve: (value: number) => void; readonly reject: (error: Error) => void }[] = [];
  const errors: unknown[] = [];
  const read = (_key: string): Promise<number> =>
    new Promise((resolve, reject) => {
      asked.push({ resolve, reject });
    });
  const onError = (error: unknown): void => void errors.push(error);
  const get = createRefreshingCache({ clock, freshMs: 10, ...(stale ? { stale: { ms: 100, onError } } : {}) }, read);
  return { clock, asked, errors, get };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createRefreshingCache', () => {
  it('reads once for concurrent callers and for those soon after', async () => {
    const { asked, get, clock } = setUp(false);
    const both = Promise.all([get('a'), get('a')]);
    await turn();
    asked[0]?.resolve(1);
    expect(await both).toEqual([1, 1]);
    clock.ms = 9;
    expect(await get('a')).toBe(1);
    expect(asked).toHaveLength(1);
  });

  it('reads again when the value is too old', async () => {
    const { asked, get, clock } = setUp(false);
    const first = get('a');
    await turn();
    asked[0]?.resolve(1);
    await first;
    clock.ms = 10;
    const second = get('a');
    await turn();
    asked[1]?.resolve(2);
    expect(await second).toBe(2);
  });

  it('returns the stale value while a new one is read, and keeps it if the read fails', async () => {
    const { asked, errors, get, clock } = setUp(true);
    const first = get('a');
    await turn();
    asked[0]?.resolve(1);
    await first;
    clock.ms = 50;
    expect(await get('a')).toBe(1);
    await turn();
    asked[1]?.reject(new Error('busy'));
    await turn();
    expect(errors).toEqual([new Error('busy')]);
    expect(await get('a')).toBe(1);
    await turn();
    // The read is not retried immediately.
    expect(asked).toHaveLength(2);
    clock.ms = 60;
    expect(await get('a')).toBe(1);
    await turn();
    asked[2]?.resolve(3);
    await turn();
    expect(await get('a')).toBe(3);
  });

  it('rejects for callers that wait, and reads again for the next one', async () => {
    const { asked, get } = setUp(true);
    const first = get('a');
    await turn();
    asked[0]?.reject(new Error('busy'));
    await expect(first).rejects.toThrow('busy');
    const second = get('a');
    await turn();
    asked[1]?.resolve(2);
    expect(await second).toBe(2);
  });
});
