import { describe, expect, it } from 'vitest';
import { createBodyMemory } from '../../../src/fetch/client/body-memory.ts';

/** Whether a claim is granted by now. */
async function isHeld(claim: Promise<void>): Promise<boolean> {
  return await Promise.race([claim.then(() => true), new Promise<boolean>((done) => setImmediate(() => done(false)))]);
}

describe('room for large bodies', () => {
  it('is given to so many at a time, first come, first served', async () => {
    const bodies = createBodyMemory(2);
    const shares = [1, 2, 3, 4].map(() => bodies.share());
    const claims = shares.map((share) => share.claim());
    expect(await Promise.all(claims.map(isHeld))).toEqual([true, true, false, false]);
    shares[1]?.release();
    expect(await Promise.all(claims.map(isHeld))).toEqual([true, true, true, false]);
    shares[0]?.release();
    expect(await Promise.all(claims.map(isHeld))).toEqual([true, true, true, true]);
  });

  it('is claimed once, however often it is asked for', async () => {
    const bodies = createBodyMemory(2);
    const greedy = bodies.share();
    await greedy.claim();
    await greedy.claim();
    expect(await isHeld(bodies.share().claim())).toBe(true);
  });

  it('is not given back twice', async () => {
    const bodies = createBodyMemory(1);
    const first = bodies.share();
    await first.claim();
    first.release();
    first.release();
    expect(await isHeld(bodies.share().claim())).toBe(true);
    expect(await isHeld(bodies.share().claim())).toBe(false);
  });

  it('passes over one who stopped waiting', async () => {
    const bodies = createBodyMemory(1);
    const [first, second, third] = [bodies.share(), bodies.share(), bodies.share()];
    await first.claim();
    const gaveUp = second.claim();
    const patient = third.claim();
    second.release();
    expect(await isHeld(patient)).toBe(false);
    first.release();
    expect(await isHeld(patient)).toBe(true);
    expect(await isHeld(gaveUp)).toBe(false);
  });

  it('is not made by giving back what was never claimed', async () => {
    const bodies = createBodyMemory(1);
    bodies.share().release();
    await bodies.share().claim();
    expect(await isHeld(bodies.share().claim())).toBe(false);
  });

  it('is there for one even when the bound is smaller than a body', async () => {
    expect(await isHeld(createBodyMemory(0).share().claim())).toBe(true);
  });
});
