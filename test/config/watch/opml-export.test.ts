import { afterEach, describe, expect, it } from 'vitest';
import { readDeclarations } from '../../../src/config/read-declarations.ts';
import * as watcher from '../../../src/config/watch/watch-declarations.ts';
import type { Declarations } from '../../../src/domain/polling/source.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { exportOf500, opml, outline } from '../../support/opml.ts';
import { until } from '../../support/until.ts';
import { useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();
const watches: watcher.DeclarationWatcher[] = [];
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close();
});

/** A watched folder, with the last declarations and all errors. */
async function watched(files: Record<string, string>) {
  const folder = makeFolder(files);
  const current = await readDeclarations(folder.dir, {});
  const seen = { last: current as Declarations, problems: [] as string[] };
  const watch = watcher.watchDeclarations({
    ...{ dir: folder.dir, env: {}, current, log: silentLog },
    onChange: (declarations) => {
      seen.last = declarations;
    },
    onProblem: (error) => void seen.problems.push(error.message),
    onLocalFeedChange: () => undefined,
    timing: { quietMs: 20, maxWaitMs: 100, identityCheckMs: 50, graceMs: 200 },
  });
  watches.push(watch);
  await watch.ready;
  return { folder, seen };
}

const one = 'sources:\n  - url: https://example.org/one\n';

describe('an export of another reader in the folder', () => {
  it('adds 465 of 500 outlines, warns of the others, and does not block the next reload', async () => {
    const { folder, seen } = await watched({ 'a.yaml': one });
    folder.write('export.opml', exportOf500());
    await until('the export', () => seen.last.sources.length === 466);
    expect(seen.last.sections).toEqual(expect.arrayContaining(['News', 'World/Europe', 'Technology']));
    const kinds = Map.groupBy(seen.last.warnings, ({ what }) => /already declared|no xmlUrl|^url /.exec(what)?.[0]);
    expect([...kinds].map(([kind, warnings]) => [kind, warnings.length]).sort()).toEqual([
      ['already declared', 30],
      ['no xmlUrl', 2],
      ['url ', 3],
    ]);
    expect(seen.last.warnings.every(({ where }) => /^export\.opml:\d+$/.test(where))).toBe(true);
    folder.write('b.yaml', 'sources:\n  - url: https://example.org/two\n');
    await until('the next reload', () => seen.last.sources.some(({ url }) => url === 'https://example.org/two'));
    expect(seen.last.sources).toHaveLength(467);
    expect(seen.problems).toEqual([]);
  });

  it('yields to a YAML file that declares the same source, whatever their names are', async () => {
    const { seen } = await watched({
      'a.opml': opml(outline('https://example.org/one', 'text="Exported"')),
      'b.yaml': `${one}    title: Mine\n`,
      'c.opml': opml(outline('https://example.org/one')),
    });
    expect(seen.last.sources).toMatchObject([{ title: 'Mine', declaredAt: 'b.yaml:2' }]);
    expect(seen.last.warnings.map(({ where, what }) => `${where}: ${what}`)).toEqual([
      "a.opml:5: the outline's url is already declared at b.yaml:2",
      "c.opml:5: the outline's url is already declared at b.yaml:2",
    ]);
  });

  it('is an error while it is half written', async () => {
    const { folder, seen } = await watched({ 'a.yaml': one, 'b.opml': exportOf500() });
    folder.write('b.opml', exportOf500().slice(0, 5000));
    await until('the error', () => seen.problems.length > 0);
    expect(seen.problems[0]).toContain('the file ends before </opml>');
    expect(seen.last.sources).toHaveLength(466);
  });

  it('has at most a hundred warnings, and one that counts the others', async () => {
    const { seen } = await watched({ 'a.yaml': one, 'b.opml': opml(`${outline('javascript:x')}\n`.repeat(1000)) });
    expect(seen.last.warnings).toHaveLength(101);
    expect(seen.last.warnings.at(-1)).toMatchObject({ what: '900 more warnings' });
  });
});
