import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** What each room may import from, beside itself. `*` is everything. */
const mayImport: Readonly<Record<string, readonly string[] | '*'>> = {
  domain: [],
  runtime: [],
  config: ['domain', 'runtime'],
  fetch: ['domain', 'runtime'],
  parse: ['domain', 'runtime'],
  normalise: ['domain', 'runtime'],
  schedule: ['domain', 'runtime'],
  store: ['domain', 'runtime', 'db'],
  push: ['domain', 'runtime'],
  'refresh.ts': ['domain', 'runtime', 'server/stages'],
  server: '*',
  'web/views': ['domain'],
  web: ['domain', 'runtime', 'store', 'push', 'web/views'],
  'client/browser': ['client', 'domain/events/wire.ts', 'domain/dateline.ts', 'domain/durations.ts', 'domain/slug.ts'],
  client: ['domain/events/wire.ts'],
  demo: ['domain', 'runtime', 'config'],
  'worker.ts': '*',
  'cli.ts': '*',
  cli: '*',
};

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

/** `web/views/front.tsx` -> `web/views`; `store/items/store-items.ts` -> `store`; `main.ts` -> `main.ts`. */
function roomOf(file: string): string {
  if (file.startsWith('web/views/')) return 'web/views';
  if (file.startsWith('client/browser/')) return 'client/browser';
  return file.split('/')[0] ?? file;
}

function allowed({ from, to }: Import): boolean {
  const room = roomOf(from);
  const list = mayImport[room];
  if (list === undefined) return false;
  if (list === '*' || roomOf(to) === room) return true;
  return list.some((entry) => to === entry || to.startsWith(`${entry}/`));
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

describe('the house', () => {
  it('reads every source file and finds its imports', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(20);
  });

  it('knows a rule for every room', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => mayImport[room] === undefined)).toEqual([]);
  });

  it('lets no room import what the plan forbids', () => {
    expect(imports.filter((one) => !allowed(one)).map((one) => `${one.from} -> ${one.to}`)).toEqual([]);
  });

  it('refuses an import that the plan forbids', () => {
    expect(allowed({ from: 'push/log/log-tail.ts', to: 'store/log/event-log.ts', typeOnly: true })).toBe(false);
    expect(allowed({ from: 'web/views/front.tsx', to: 'web/shared/request-error.ts', typeOnly: false })).toBe(false);
    expect(allowed({ from: 'client/client.ts', to: 'domain/events/wire.ts', typeOnly: true })).toBe(true);
    expect(allowed({ from: 'client/client.ts', to: 'domain/events/event.ts', typeOnly: true })).toBe(false);
  });

  it('gives refresh.ts and the client only types', () => {
    const valued = imports.filter(
      (one) =>
        (one.from === 'refresh.ts' || (roomOf(one.from) === 'client' && !one.to.startsWith('client/'))) &&
        !one.typeOnly,
    );
    expect(valued.map((one) => `${one.from} -> ${one.to}`)).toEqual([]);
  });

  it('has no two rooms that import each other', () => {
    const edges = new Set(imports.map((one) => `${roomOf(one.from)} ${roomOf(one.to)}`));
    const mutual = [...edges].filter((edge) => {
      const [from, to] = edge.split(' ');
      return from !== to && edges.has(`${to} ${from}`);
    });
    expect(mutual).toEqual([]);
  });

  it('reads the environment in one place', () => {
    expect(placesOf(/process\.env/, (file) => file === 'config/environment/environment.ts')).toEqual([]);
  });

  it('asks the time in one place, the published client apart', () => {
    const clock = /Date\.now\(|performance\.now\(|new Date\(\)/;
    expect(placesOf(clock, (file) => file === 'runtime/clock.ts' || file.startsWith('client/'))).toEqual([]);
  });

  it('names a database engine only where one is chosen', () => {
    const chooser =
      /^(store\/engine\/.*|push\/doorbell[a-z-]*\.ts|store\/open-store\.ts|config\/environment\/.*|server\/start\.ts)$/;
    expect(placesOf(/sqlite|postgres/i, (file) => chooser.test(file))).toEqual([]);
  });
});
