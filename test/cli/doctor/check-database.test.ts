import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDatabase } from '../../../src/cli/doctor/check-database.ts';
import { openStore } from '../../../src/store/open-store.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-doctor-'));
  file = path.join(folder, 'news.sqlite');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function create(): Promise<void> {
  const store = await openStore({ url: `sqlite:${file}`, poller: true });
  await store.close();
}

/** Status and text of each finding, by check. */
async function findings(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { check, status, detail, remedy } of await checkDatabase(`sqlite:${file}`)) {
    found[check] = [...(found[check] ?? []), `${status}: ${detail}${remedy === null ? '' : `. ${remedy}`}`];
  }
  return found;
}

describe('checkDatabase', () => {
  it('finds nothing wrong with a new database', async () => {
    await create();
    const before = readFileSync(file);
    const found = await findings();
    expect(Object.keys(found)).toEqual(['schema', 'database', 'wal', 'disk', 'permissions']);
    expect(found['schema']).toEqual([expect.stringMatching(/^ok: version \d{4}-/)]);
    expect(found['database']).toEqual(['ok: its structure is intact']);
    expect(found['wal']).toEqual(['ok: 0 KB not merged into the database']);
    expect(found['disk']?.[0]).toMatch(/free, the database has/);
    expect(found['permissions']).toEqual(['ok: only its owner can open the database']);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('checks a database that a server is using', async () => {
    const store = await openStore({ url: `sqlite:${file}`, poller: true });
    const found = await findings();
    await store.close();
    expect(found['database']).toEqual(['ok: its structure is intact']);
  });

  it('accepts that the database does not exist before the first start', async () => {
    expect(await findings()).toEqual({ database: [`ok: does not exist yet; "newswire serve" creates ${file}`] });
  });

  it('reports a damaged page', async () => {
    await create();
    const handle = openSync(file, 'r+');
    for (let page = 3; page < 30; page += 1) writeSync(handle, Buffer.alloc(64, 0xff), 0, 64, page * 4096);
    closeSync(handle);
    const found = await findings();
    expect(found['database']?.[0]).toMatch(/^error: .*restore a backup/s);
  });

  it('reports a file of another program', async () => {
    writeFileSync(file, 'not a database at all');
    const found = await findings();
    expect(found['database']?.[0]).toMatch(/^error: DATABASE_URL: .* is not a database of Newswire/);
  });

  it.skipIf(process.platform === 'win32')('warns of a database that other users can open', async () => {
    await create();
    chmodSync(file, 0o644);
    const found = await findings();
    expect(found['permissions']).toEqual([
      `warning: other users can open ${file}, which holds secrets (mode 0644). Run "chmod 600 ${file}"`,
    ]);
  });
});
