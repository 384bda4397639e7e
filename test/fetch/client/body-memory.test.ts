import { describe, expect, it } from 'vitest';
import { createBodyMemory } from '../../../src/fetch/client/body-memory.ts';

/** Whether a reservation has been granted. */
async function isHeld(claim: Promise<void>): Promise<boolean> {
  return await Promise.race([claim.then(() => true), new Promise<boolean>((done) => setImmediate(() => done(false)))]);
}

describe('createBodyMemory', () => {
  it('grants a number of reservations in FIFO order', async () => {
    const bodies = createBodyMemory(2);
    const shares = [1, 2, 3, 4].map(() => bodies.reserve());
    const claims = shares.map((share) => share.acquire());
    expect(await Promise.all(claims.map(isHeld))).toEqual([true, true, false, false]);
    shares[1]?.release();
    expect(await Promise.all(claims.map(isHeld))).toEqual([true, true, true, false]);
    shares[0]?.release();
    expect(await Promise.all(claims.map(isHeld))).toEqual([true, true, true, true]);
  });

  it('acquires a reservation once, however often it is called', async () => {
    const bodies = createBodyMemory(2);
    const greedy = bodies.reserve();
    await greedy.acquire();
    await greedy.acquire();
    expect(await isHeld(bodies.reserve().acquire())).toBe(true);
  });

  it('does not release twice', async () => {
    const bodies = createBodyMemory(1);
    const first = bodies.reserve();
    await first.acquire();
    first.release();
    first.release();
    expect(await isHeld(bodies.reserve().acquire())).toBe(true);
    expect(await isHeld(bodies.reserve().acquire())).toBe(false);
  });

  it('skips a waiter that was released', async () => {
    const bodies = createBodyMemory(1);
    const [first, second, third] = [bodies.reserve(), bodies.reserve(), bodies.reserve()];
    await first.acquire();
    const gaveUp = second.acquire();
    const patient = third.acquire();
    second.release();
    expect(await isHeld(patient)).toBe(false);
    first.release();
    expect(await isHeld(patient)).toBe(true);
    expect(await isHeld(gaveUp)).toBe(false);
  });

  it('ignores the release of a reservation that was never acquired', async () => {
    const bodies = createBodyMemory(1);
    bodies.reserve().release();
    await bodies.reserve().acquire();
    expect(await isHeld(bodies.reserve().acquire())).toBe(false);
  });

  it('grants one reservation even if the limit is smaller than a body', async () => {
    expect(await isHeld(createBodyMemory(0).reserve().acquire())).toBe(true);
  });
});
