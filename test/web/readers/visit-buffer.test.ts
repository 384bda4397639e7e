import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/runtime/log.ts';
import type { Visit } from '../../../src/store/readers/read-counts.ts';
import { createVisitBuffer, type VisitBufferOptions } from '../../../src/web/readers/visit-buffer.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

function createBuffer(over: Partial<VisitBufferOptions> = {}) {
  const clock = createFakeClock(Date.UTC(2026, 0, 5, 12));
  const batches: (readonly Visit[])[] = [];
  const buffer = createVisitBuffer({
    storeVisits: async (visits) => void batches.push(visits),
    readSalt: async (day) => `salt of ${day}`,
    clock,
    log: silentLog,
    after: (ms, call) => clock.after(ms, call),
    ...over,
  });
  return { buffer, clock, batches };
}

const visit = { itemId: 1, address: '192.0.2.1', agent: 'Mozilla/5.0' };

describe('createVisitBuffer', () => {
  it('stores the visits of a second in one batch, each once', async () => {
    const { buffer, clock, batches } = createBuffer();
    buffer.add(visit);
    buffer.add({ ...visit, itemId: 2 });
    expect(batches).toEqual([]);
    await clock.advance(1000);
    expect(batches.map((batch) => batch.map(({ itemId }) => itemId))).toEqual([[1, 2]]);
    await clock.advance(5000);
    expect(batches).toHaveLength(1);
  });

  it('stores buffered visits when it is stopped', async () => {
    const { buffer, batches } = createBuffer();
    buffer.add(visit);
    await buffer.stop();
    expect(batches).toHaveLength(1);
  });

  it('retries and logs a warning when storing failed', async () => {
    let fails = true;
    const warned: string[] = [];
    const counted: Visit[] = [];
    const { buffer, clock } = createBuffer({
      storeVisits: async (visits) => {
        if (fails) throw new Error('busy');
        counted.push(...visits);
      },
      log: { ...silentLog, warn: (_, message) => void warned.push(message) },
    });
    buffer.add(visit);
    await clock.advance(1000);
    expect(warned).toHaveLength(1);
    fails = false;
    await clock.advance(1000);
    expect(counted).toHaveLength(1);
  });

  it('identifies a visitor by a hash of address, user agent, item and day', async () => {
    const { buffer, batches } = createBuffer();
    const { address, agent } = visit;
    for (const one of [
      visit,
      visit,
      { ...visit, address: '192.0.2.2' },
      { ...visit, agent: 'Other' },
      { ...visit, itemId: 2 },
    ]) {
      buffer.add(one);
    }
    await buffer.stop();
    const hashes = (batches[0] ?? []).map(({ hash }) => hash);
    expect(hashes[0]).toBe(hashes[1]);
    expect(new Set(hashes).size).toBe(4);
    expect(JSON.stringify(batches)).not.toContain(address);
    expect(JSON.stringify(batches)).not.toContain(agent);
  });

  it('provides the hash of yesterday, so that a read across midnight counts once', async () => {
    const { buffer, clock, batches } = createBuffer();
    buffer.add(visit);
    await clock.advance(24 * 3_600_000);
    buffer.add(visit);
    await buffer.stop();
    const [first, second] = batches.flat();
    expect(second?.hash).not.toBe(first?.hash);
    expect(second?.hashYesterday).toBe(first?.hash);
  });

  it('counts at most 30 visitors per address, item and day, whatever user agents they send', async () => {
    const { buffer, clock, batches } = createBuffer();
    const flood = async (address: (number: number) => string) => {
      for (let number = 0; number < 5000; number += 1) {
        buffer.add({ ...visit, address: address(number), agent: `Mozilla/5.0 (${number})` });
      }
      await clock.advance(1000);
      return batches.splice(0).flat().length;
    };
    expect(await flood(() => '192.0.2.1')).toBe(30);
    // Known visitors are accepted again, and the database counts none twice; others are refused.
    expect(await flood(() => '192.0.2.1')).toBe(30);
    expect(await flood((number) => `2001:db8:1:2::${number.toString(16)}`)).toBe(30);
    buffer.add({ ...visit, address: '192.0.2.2' });
    buffer.add({ ...visit, itemId: 2 });
    await clock.advance(1000);
    expect(batches.splice(0).flat()).toHaveLength(2);
    await clock.advance(24 * 3_600_000);
    expect(await flood(() => '192.0.2.1')).toBe(30);
  });

  it('treats the IPv6 network of a customer as one address', async () => {
    const { buffer, batches } = createBuffer();
    buffer.add({ ...visit, address: '2001:db8:1:2::1' });
    buffer.add({ ...visit, address: '2001:db8:1:2:ffff::9' });
    buffer.add({ ...visit, address: '2001:db8:1:3::1' });
    await buffer.stop();
    expect(new Set(batches.flat().map(({ hash }) => hash)).size).toBe(2);
  });
});
