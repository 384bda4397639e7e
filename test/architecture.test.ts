import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/**
 * The folders below src/ that the files of a folder may import from, beside their own; `x/**` is x with everything below
 * it. A rule holds for the subfolders that have none of their own. `*` is everything.
 */
const mayImport: Readonly<Record<string, readonly string[] | '*'>> = {
  'cli.ts': '*',
  'worker.ts': '*',
  'refresh.ts': ['domain/**'],
  cli: '*',
  server: '*',
  demo: ['config', 'domain/**', 'runtime'],
  'cli/output': ['cli/shared', 'client', 'config/environment', 'domain/**', 'runtime'],
  'cli/shared': ['config/environment', 'domain/**', 'fetch/client', 'runtime', 'store', 'store/engine'],
  client: ['domain/events'],
  'client/browser': ['client', 'domain/**'],
  config: ['config/environment', 'config/files', 'config/problems', 'config/schema', 'domain/**'],
  'config/edit': ['config', 'config/environment', 'config/files', 'domain/**'],
  'config/environment': ['config/problems', 'domain/**'],
  'config/files': ['config/environment', 'config/problems', 'config/schema', 'domain/**', 'runtime'],
  'config/lists': ['config', 'config/files', 'domain/**'],
  'config/problems': ['config/schema', 'domain/**'],
  'config/schema': ['domain/**'],
  'config/watch': ['config', 'config/environment', 'config/files', 'domain/**', 'runtime'],
  domain: ['domain/items'],
  'domain/backups': ['domain/events'],
  'domain/alerts': ['domain'],
  'domain/comments': [],
  'domain/events': ['domain', 'domain/items', 'domain/search'],
  'domain/items': ['domain/notes'],
  'domain/notes': ['domain'],
  'domain/polling': ['domain', 'domain/alerts', 'domain/events', 'domain/items', 'domain/notes'],
  'domain/search': ['domain'],
  'domain/websub': ['domain'],
  fetch: ['domain/**', 'fetch/client', 'runtime'],
  'fetch/client': ['domain/**', 'runtime'],
  normalise: ['domain/**', 'normalise/dates', 'normalise/html', 'normalise/links', 'normalise/text'],
  'normalise/dates': ['domain/**'],
  'normalise/html': ['domain/**', 'normalise/links', 'normalise/text'],
  'normalise/links': [],
  'normalise/text': [],
  parse: ['domain/**', 'parse/json', 'parse/xml', 'runtime'],
  'parse/json': ['domain/**', 'parse/limits'],
  'parse/limits': [],
  'parse/repair': ['domain/**', 'parse/limits'],
  'parse/xml': ['domain/**', 'parse/repair'],
  push: ['domain/**', 'push/fanout', 'push/log', 'runtime'],
  'push/alerts': ['domain/**', 'push/webhooks', 'runtime'],
  'push/fanout': ['domain/**', 'push/log', 'runtime'],
  'push/log': ['domain/**', 'runtime'],
  'push/webhooks': ['domain/**', 'push/fanout', 'push/log', 'runtime'],
  'push/websub': ['domain/**', 'runtime'],
  runtime: [],
  schedule: ['domain/**', 'runtime', 'schedule/queue', 'schedule/rules'],
  'schedule/queue': ['domain/**'],
  'schedule/rules': ['domain/**', 'runtime'],
  'server/stages': [
    'refresh.ts',
    'domain/**',
    'fetch',
    'runtime',
    'schedule',
    'schedule/rules',
    'store/engine',
    'store/items',
    'store/sources',
  ],
  store: ['db/migrations', 'domain/**', 'runtime', 'store/engine', 'store/engine/sqlite', 'store/log'],
  'store/alerts': ['domain/**', 'store/engine'],
  'store/engine': ['domain/**', 'runtime'],
  'store/engine/sqlite': ['domain/**', 'runtime', 'store/engine'],
  'store/items': ['domain/**', 'store/engine', 'store/log', 'store/queries', 'store/sources'],
  'store/log': ['domain/**', 'runtime', 'store/engine'],
  'store/queries': ['domain/**', 'store/engine', 'store/log'],
  'store/query-process': [
    'domain/**',
    'runtime',
    'store',
    'store/engine',
    'store/queries',
    'store/readers',
    'store/sources',
  ],
  'store/readers': ['domain/**', 'store', 'store/engine', 'store/queries'],
  'store/sources': ['domain/**', 'store/engine', 'store/queries'],
  'store/websub': ['domain/**', 'store', 'store/engine', 'store/items', 'store/log', 'store/queries', 'store/sources'],
  web: [
    'push/websub',
    'web/admin',
    'web/api',
    'web/comments',
    'web/http/cache',
    'web/http/routes',
    'web/http/security',
    'web/pages',
    'web/shared',
    'web/syndication',
    'web/websub',
  ],
  'web/admin': [
    'domain/**',
    'web/http/security',
    'web/pages',
    'web/shared',
    'web/views',
    'web/views/items',
    'web/views/layout',
  ],
  'web/api': [
    'domain/**',
    'push/fanout',
    'web/comments',
    'web/http/response',
    'web/http/security',
    'web/live/protocol',
    'web/live/websocket',
    'web/readers',
    'web/shared',
  ],
  'web/comments': [
    'domain/**',
    'store/readers',
    'web/http/security',
    'web/pages',
    'web/readers',
    'web/shared',
    'web/views/layout',
  ],
  'web/http/cache': ['domain/**', 'runtime', 'web/http/response', 'web/shared'],
  'web/http/connections': ['domain/**', 'runtime', 'web/shared'],
  'web/http/response': ['runtime'],
  'web/http/routes': ['domain/**', 'web/http/response', 'web/http/security', 'web/shared'],
  'web/http/security': ['runtime', 'web/shared'],
  'web/live/protocol': ['domain/**', 'push/fanout'],
  'web/live/session': ['domain/**', 'push/fanout', 'push/log', 'runtime', 'web/live/protocol', 'web/shared'],
  'web/live/sse': ['domain/**', 'push/fanout', 'web/live/protocol', 'web/live/session'],
  'web/live/websocket': ['domain/**', 'push/fanout', 'web/http/security', 'web/live/protocol', 'web/live/session'],
  'web/pages': [
    'domain/**',
    'web/api',
    'web/http/cache',
    'web/http/response',
    'web/http/routes',
    'web/http/security',
    'web/readers',
    'web/shared',
    'web/views',
    'web/views/items',
    'web/views/layout',
  ],
  'web/readers': ['domain/**', 'runtime', 'store/readers', 'web/http/security', 'web/shared'],
  'web/shared': ['domain/**', 'runtime', 'store/queries', 'store/readers'],
  'web/syndication': [
    'domain/**',
    'push/websub',
    'runtime',
    'web/http/cache',
    'web/http/response',
    'web/http/security',
    'web/shared',
  ],
  'web/views': ['domain/**', 'web/views/items', 'web/views/layout'],
  'web/views/items': ['domain/**', 'web/views/layout'],
  'web/views/layout': ['domain/**'],
  'web/websub': ['push/websub', 'web/shared'],
};

/** Folders that import nothing from their siblings; other folders build on them. */
const floors = ['domain', 'runtime', 'web/shared'];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name));
const textOf = new Map(files.map((file) => [file, readFileSync(path.join(src, file), 'utf8')]));

/** The imports of one file that stay inside the project, as paths below src/ (`db/…` for migrations). */
function importsOf(file: string, text: string): Import[] {
  const found = text.matchAll(
    /^(import|export)\s+(type\s)?[^'"]*?from\s+['"](\.[^'"]+)['"]|\bimport\(['"](\.[^'"]+)['"]\)/gm,
  );
  return [...found].map((match) => {
    const target = path.join(path.dirname(file), match[3] ?? match[4] ?? '');
    return { from: file, to: target.replace(/^\.\.\//, ''), typeOnly: match[2] !== undefined };
  });
}

/** The folder of a file; a file at src/ is a folder of its own. */
function folderOf(file: string): string {
  return file.includes('/') ? path.posix.dirname(file) : file;
}

/** The rule of the nearest folder that has one. */
function ruleOf(folder: string): readonly string[] | '*' | null {
  for (let at = folder; at !== '.'; at = path.posix.dirname(at)) {
    const rule = mayImport[at];
    if (rule !== undefined) return rule;
  }
  return null;
}

function isIn(folder: string, entry: string): boolean {
  const [base = '', below] = entry.split('/**');
  return folder === base || (below !== undefined && folder.startsWith(`${base}/`));
}

function isAllowed({ from, to }: Import): boolean {
  const folder = folderOf(from);
  const rule = ruleOf(folder);
  if (rule === '*' || folderOf(to) === folder) return true;
  return rule?.some((entry) => isIn(folderOf(to), entry)) ?? false;
}

/** The two siblings, folders or a folder's own files (`.`), between which an import crosses, below their parent. */
function crossing({ from, to }: Import): readonly [parent: string, from: string, to: string] | null {
  const [a, b] = [from.split('/'), to.split('/')];
  let depth = 0;
  while (depth < a.length - 1 && depth < b.length - 1 && a[depth] === b[depth]) depth += 1;
  const at = (parts: readonly string[]): string => (depth < parts.length - 1 ? (parts[depth] ?? '') : '.');
  if (to.startsWith('..') || at(a) === at(b)) return null;
  return [a.slice(0, depth).join('/'), at(a), at(b)];
}

/** Pairs of siblings that import each other, at every level. Files at src/ are entry points, each for itself. */
function mutualPairs(all: readonly Import[]): string[] {
  const edges = new Set<string>();
  for (const one of all) {
    const pair = crossing(one);
    if (pair !== null && !(pair[0] === '' && pair.includes('.'))) edges.add(pair.join(' '));
  }
  return [...edges].filter((edge) => {
    const [parent, from = '', to = ''] = edge.split(' ');
    return from < to && edges.has(`${parent} ${to} ${from}`);
  });
}

function parentsOf(file: string): string[] {
  const parts = file.split('/');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function isSibling(floor: string, to: string): boolean {
  const parent = path.posix.dirname(floor);
  return parent === '.' || to.startsWith(`${parent}/`);
}

const imports = [...textOf].flatMap(([file, text]) => importsOf(file, text));

/** Places where a pattern stands, comments left out. */
function placesOf(pattern: RegExp, except: (file: string) => boolean): string[] {
  return [...textOf].flatMap(([file, text]) => {
    if (except(file)) return [];
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');
    return pattern.test(code) ? [file] : [];
  });
}

describe('the folders of src', () => {
  it('are all read, with their imports', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(20);
  });

  it('have a rule each', () => {
    expect([...new Set(files.map(folderOf))].filter((folder) => ruleOf(folder) === null)).toEqual([]);
    const known = new Set(files.flatMap((file) => [file, folderOf(file), ...parentsOf(file)]));
    expect(Object.keys(mayImport).filter((folder) => !known.has(folder))).toEqual([]);
  });

  it('import only what their rule allows', () => {
    expect(imports.filter((one) => !isAllowed(one)).map((one) => `${one.from} -> ${one.to}`)).toEqual([]);
  });

  it('do not import each other, at any level', () => {
    expect(mutualPairs(imports)).toEqual([]);
  });

  it('are checked by functions that detect both faults', () => {
    const one = (from: string, to: string): Import => ({ from, to, typeOnly: false });
    expect(isAllowed(one('push/log/log-tail.ts', 'store/log/event-log.ts'))).toBe(false);
    expect(isAllowed(one('client/client.ts', 'domain/events/wire.ts'))).toBe(true);
    expect(isAllowed(one('client/client.ts', 'domain/items/item.ts'))).toBe(false);
    expect(mutualPairs([one('a/b/x.ts', 'a/c/y.ts'), one('a/c/z.ts', 'a/b/x.ts')])).toEqual(['a b c']);
    expect(mutualPairs([one('a/x.ts', 'a/c/y.ts'), one('a/c/z.ts', 'a/w.ts')])).toEqual(['a . c']);
    expect(mutualPairs([one('a/b/x.ts', 'a/c/y.ts'), one('a/c/z.ts', 'd/b/x.ts')])).toEqual([]);
  });

  it('that are floors import none of their siblings', () => {
    const upward = imports.filter(({ from, to }) =>
      floors.some((floor) => from.startsWith(`${floor}/`) && !to.startsWith(`${floor}/`) && isSibling(floor, to)),
    );
    expect(upward.map((one) => `${one.from} -> ${one.to}`)).toEqual([]);
  });

  it('give only types to refresh.ts and to the published client', () => {
    const valued = imports.filter(
      (one) =>
        (one.from === 'refresh.ts' || (folderOf(one.from) === 'client' && !one.to.startsWith('client/'))) &&
        !one.typeOnly,
    );
    expect(valued.map((one) => `${one.from} -> ${one.to}`)).toEqual([]);
  });
});

describe('the sources', () => {
  it('read the environment in one place', () => {
    expect(placesOf(/process\.env/, (file) => file === 'config/environment/environment.ts')).toEqual([]);
  });

  it('read the clock in one place, the published client apart', () => {
    const clock = /Date\.now\(|performance\.now\(|new Date\(\)/;
    expect(placesOf(clock, (file) => file === 'runtime/clock.ts' || file.startsWith('client/'))).toEqual([]);
  });

  it('name a database engine only where one is chosen', () => {
    const chooser =
      /^(store\/engine\/.*|push\/doorbell[a-z-]*\.ts|store\/(?:open-store|backups)\.ts|config\/environment\/.*|server\/start\.ts)$/;
    expect(placesOf(/sqlite|postgres/i, (file) => chooser.test(file))).toEqual([]);
  });
});
