import { describe, expect, it } from 'vitest';
import { toSite } from '../../src/config/to-declarations.ts';
import type { DeclarationDifference } from '../../src/domain/polling/declaration-difference.ts';
import { type ListContent, noListContent, type RemoteList } from '../../src/domain/polling/remote-list.ts';
import type { Declarations } from '../../src/domain/polling/source.ts';
import { type Log, silentLog } from '../../src/runtime/log.ts';
import { createDeclarationUpdates, removalDelayMs } from '../../src/server/declaration-updates.ts';
import { aSource } from '../support/builders.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const list: RemoteList = {
  key: 'https://lists.example.org/a.opml',
  url: 'https://lists.example.org/a.opml',
  hidden: null,
  headers: {},
  everyMs: 3_600_000,
  section: null,
  fallbackSection: 'News',
  declaredAt: 'sources.yaml:1',
};

/** Declarations with `count` sources and a remote list. */
function withSources(count: number, lists: readonly RemoteList[] = []): Declarations {
  const sources = Array.from({ length: count }, (_, n) => aSource(`s${n}`));
  return { site: toSite({}), sections: ['World'], sources, lists, webhooks: [], alerts: [], warnings: [] };
}

const contentOf = (count: number): ListContent => ({
  ...noListContent,
  sources: Array.from({ length: count }, (_, n) => ({
    url: `https://feeds.example.com/${n}`,
    title: null,
    section: null,
    missed: 0,
  })),
});

function createHarness(declared: Declarations) {
  const clock = createFakeClock();
  const applied: (DeclarationDifference & { readonly sources: number })[] = [];
  const warnings: string[] = [];
  const contents = new Map<string, ListContent>();
  const log: Log = { ...silentLog, warn: (_facts, message) => void warnings.push(message) };
  const updates = createDeclarationUpdates({
    ...{ declared, active: declared, log, timers: clock },
    contents: () => contents,
    apply: (next, difference) => void applied.push({ sources: next.sources.length, ...difference }),
  });
  return { clock, applied, warnings, contents, updates };
}

describe('declaration updates', () => {
  it('apply an ordinary change at once, with the counts of the difference', () => {
    const { applied, updates, warnings } = createHarness(withSources(10));
    updates.folderChanged(withSources(5));
    updates.folderChanged(withSources(7));
    expect(applied).toEqual([
      { sources: 5, added: 0, removed: 5, changed: 0 },
      { sources: 7, added: 2, removed: 0, changed: 0 },
    ]);
    expect(warnings).toEqual([]);
  });

  it('apply the removal of most sources after ten seconds if it stands, and log it before', async () => {
    const { applied, updates, warnings, clock } = createHarness(withSources(10));
    updates.folderChanged(withSources(1));
    expect(warnings).toEqual([expect.stringContaining('remove more than half of the sources')]);
    await clock.advance(removalDelayMs - 1);
    expect(applied).toEqual([]);
    await clock.advance(1);
    expect(applied).toEqual([{ sources: 1, added: 0, removed: 9, changed: 0 }]);
  });

  it('drop the removal when the file is whole again', async () => {
    const { applied, updates, clock } = createHarness(withSources(10));
    updates.folderChanged(withSources(1));
    await clock.advance(5000);
    updates.folderChanged(withSources(11));
    expect(applied).toEqual([{ sources: 11, added: 1, removed: 0, changed: 0 }]);
    await clock.advance(60_000);
    expect(applied).toHaveLength(1);
  });

  it('apply the last of several removals, ten seconds after the first', async () => {
    const { applied, updates, warnings, clock } = createHarness(withSources(10));
    updates.folderChanged(withSources(1));
    await clock.advance(6000);
    updates.folderChanged(withSources(2));
    await clock.advance(4000);
    expect(applied).toMatchObject([{ sources: 2 }]);
    expect(warnings).toHaveLength(1);
  });

  it('drop the removal when the folder becomes invalid', async () => {
    const { applied, updates, clock } = createHarness(withSources(10));
    updates.folderChanged(withSources(1));
    updates.folderInvalid();
    updates.listsChanged();
    await clock.advance(60_000);
    expect(applied).toEqual([]);
  });

  it('apply nothing when a list was read without a change of its sources', () => {
    const { applied, updates, contents } = createHarness(withSources(1, [list]));
    contents.set(list.key, contentOf(2));
    updates.listsChanged();
    const missed = contentOf(2).sources.map((source) => ({ ...source, missed: 1 }));
    contents.set(list.key, { ...contentOf(2), sources: missed });
    updates.listsChanged();
    expect(applied).toHaveLength(1);
  });

  it('delay the removal of most sources by a remote list', async () => {
    const { applied, updates, contents, clock } = createHarness(withSources(1, [list]));
    contents.set(list.key, contentOf(20));
    updates.listsChanged();
    expect(applied).toMatchObject([{ sources: 21, added: 20 }]);
    contents.set(list.key, contentOf(2));
    updates.listsChanged();
    expect(applied).toHaveLength(1);
    await clock.advance(removalDelayMs);
    expect(applied[1]).toMatchObject({ sources: 3, removed: 18 });
  });

  it('apply nothing after they are stopped', async () => {
    const { applied, updates, clock } = createHarness(withSources(10));
    updates.folderChanged(withSources(1));
    updates.stop();
    updates.folderChanged(withSources(9));
    await clock.advance(60_000);
    expect(applied).toEqual([]);
  });
});
