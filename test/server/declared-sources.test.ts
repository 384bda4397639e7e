import { afterEach, describe, expect, it } from 'vitest';
import { toSite } from '../../src/config/to-declarations.ts';
import type { Declarations } from '../../src/domain/polling/source.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { DeclaredSources } from '../../src/server/declared-sources.ts';
import { openStore } from '../../src/store/open-store.ts';
import { engines } from '../contract/test-engines.ts';
import { aSource } from '../support/builders.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function declaredSources() {
  const location = await engines[0]?.copy();
  if (location === undefined) throw new Error('no engine');
  cleanups.push(() => location.remove());
  const store = await openStore({ url: location.url, poller: false });
  cleanups.push(() => store.close());
  const warned: object[] = [];
  const log = { ...silentLog, warn: (facts: object) => void warned.push(facts) };
  const site = toSite({});
  const current = new DeclaredSources({ store, clock: systemClock, log, onDeclared: () => undefined }, site);
  const empty: Declarations = { site, sections: [], sources: [], lists: [], webhooks: [], alerts: [], warnings: [] };
  return { current, empty, warned };
}

describe('the declared sources', () => {
  it('count as configured hosts only if the operator declared them, not a remote list', async () => {
    const { current, empty } = await declaredSources();
    const listed = aSource('listed', { listedBy: 'https://lists.example.org/a.opml' });
    await current.declare({ ...empty, sources: [aSource('own'), listed] });
    const isConfigured = (host: string) => current.isConfigured({ hostname: `${host}.example.org`, port: 443 });
    expect([isConfigured('own'), isConfigured('listed')]).toEqual([true, false]);
    expect(current.sourceOf('listed')).toBe(listed);
  });

  it('log each warning once', async () => {
    const { current, empty, warned } = await declaredSources();
    const warning = (line: number) => ({
      where: `a.opml:${line}`,
      what: 'an outline has no xmlUrl',
      remedy: 'Remove it',
    });
    await current.declare({ ...empty, warnings: [warning(1)] });
    await current.declare({ ...empty, warnings: [warning(1), warning(2)] });
    await current.declare({ ...empty, warnings: [warning(1), warning(2)] });
    expect(warned).toEqual([
      { count: 1, first: ['a.opml:1: an outline has no xmlUrl. Remove it.'] },
      { count: 1, first: ['a.opml:2: an outline has no xmlUrl. Remove it.'] },
    ]);
  });
});
