import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/runtime/log.ts';
import type { Visit } from '../../../src/store/readers/read-counts.ts';
import { createVisitBuffer, type VisitBufferOptions } from '../../../src/web/readers/visit-buffer.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

function openDesk(over: Partial<VisitBufferOptions> = {}) {
  const clock = createFakeClock(Date.UTC(2026, 0, 5, 12));
  const batches: (readonly Visit[])[] = [];
  const desk = createVisitBuffer({
    storeVisits: async (visits) => void batches.push(visits),
    readSalt: async (day) => `salt of ${day}`,
    clock,
    log: silentLog,
    after: (ms, call) => clock.after(ms, call),
    ...over,
  });
  return { desk, clock, batches };
}

const visit = { itemId: 1, address: '192.0.2.1', agent: 'Mozilla/5.0' };

describe('createVisitDesk', () => {
  it('counts what came within a second together, and nothing twice', async () => {
    const { desk, clock, batches } = openDesk();
    desk.add(visit);
    desk.add({ ...visit, itemId: 2 });
    expect(batches).toEqual([]);
    await clock.advance(1000);
    expect(batches.map((batch) => batch.map(({ itemId }) => itemId))).toEqual([[1, 2]]);
    await clock.advance(5000);
    expect(batches).toHaveLength(1);
  });

  it('counts what waits when it is stopped', async () => {
    const { desk, batches } = openDesk();
    desk.add(visit);
    await desk.stop();
    expect(batches).toHaveLength(1);
  });

  it('tries again when counting failed, and says so', async () => {
    let fails = true;
    const warned: string[] = [];
    const counted: Visit[] = [];
    const { desk, clock } = openDesk({
      storeVisits: async (visits) => {
        if (fails) throw new Error('busy');
        counted.push(...visits);
      },
      log: { ...silentLog, warn: (_, message) => void warned.push(message) },
    });
    desk.add(visit);
    await clock.advance(1000);
    expect(warned).toHaveLength(1);
    fails = false;
    await clock.advance(1000);
    expect(counted).toHaveLength(1);
  });

  it('knows a visitor by address, agent, item and day, and by nothing that can be read back', async () => {
    const { desk, batches } = openDesk();
    const { address, agent } = visit;
    for (const one of [
      visit,
      visit,
      { ...visit, address: '192.0.2.2' },
      { ...visit, agent: 'Other' },
      { ...visit, itemId: 2 },
    ]) {
      desk.add(one);
    }
    await desk.stop();
    const hashes = (batches[0] ?? []).map(({ hash }) => hash);
    expect(hashes[0]).toBe(hashes[1]);
    expect(new Set(hashes).size).toBe(4);
    expect(JSON.stringify(batches)).not.toContain(address);
    expect(JSON.stringify(batches)).not.toContain(agent);
  });

  it("gives the hash of today that tomorrow calls yesterday's", async () => {
    const { desk, clock, batches } = openDesk();
    desk.add(visit);
    await clock.advance(24 * 3_600_000);
    desk.add(visit);
    await desk.stop();
    const [first, second] = batches.flat();
    expect(second?.hash).not.toBe(first?.hash);
    expect(second?.hashYesterday).toBe(first?.hash);
  });

  it('counts 30 visitors of one address at an item a day, whatever browsers they claim to be', async () => {
    const { desk, clock, batches } = openDesk();
    const flood = async (address: (number: number) => string) => {
      for (let number = 0; number < 5000; number += 1) {
        desk.add({ ...visit, address: address(number), agent: `Mozilla/5.0 (${number})` });
      }
      await clock.advance(1000);
      return batches.splice(0).flat().length;
    };
    expect(await flood(() => '192.0.2.1')).toBe(30);
    // The same again are known, and the database counts none of them twice; others are refused.
    expect(await flood(() => '192.0.2.1')).toBe(30);
    expect(await flood((number) => `2001:db8:1:2::${number.toString(16)}`)).toBe(30);
    desk.add({ ...visit, address: '192.0.2.2' });
    desk.add({ ...visit, itemId: 2 });
    await clock.advance(1000);
    expect(batches.splice(0).flat()).toHaveLength(2);
    await clock.advance(24 * 3_600_000);
    expect(await flood(() => '192.0.2.1')).toBe(30);
  });

  it("takes a customer's IPv6 network for one visitor", async () => {
    const { desk, batches } = openDesk();
    desk.add({ ...visit, address: '2001:db8:1:2::1' });
    desk.add({ ...visit, address: '2001:db8:1:2:ffff::9' });
    desk.add({ ...visit, address: '2001:db8:1:3::1' });
    await desk.stop();
    expect(new Set(batches.flat().map(({ hash }) => hash)).size).toBe(2);
  });
});
