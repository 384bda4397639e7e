import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/program.ts';
import { backUp } from '../../../src/store/backups.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { contentOf, DatabaseFolder } from '../../support/database-folder.ts';
import { FakeIo } from '../fake-io.ts';

let folder: DatabaseFolder;
beforeEach(async () => {
  folder = new DatabaseFolder();
  await folder.fill(1, 2);
  await backUp({ url: folder.url, path: folder.at('copy'), keep: null });
});
afterEach(() => folder.remove());

async function run(...args: string[]) {
  const io = new FakeIo({ DATABASE_URL: folder.url });
  const code = await runCommand(['restore', ...args], io);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

describe('newswire restore', () => {
  it('names the former database and the new position of the log', async () => {
    const { code, stdout, stderr } = await run(folder.at('copy'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { epoch } = contentOf(folder.file);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe(`Restored ${folder.file} from ${folder.at('copy')}.`);
    expect(lines[1]).toMatch(/^The former database is \S+news\.sqlite\.before-restore-\d{8}T\d{6}Z\. Delete it when/);
    expect(lines[2]).toBe(`The log continues at ${epoch}-2, in a new epoch: clients and webhooks are reset.`);
  });

  it('prints JSON', async () => {
    const { stdout } = await run('--json', folder.at('copy'));
    const { epoch } = contentOf(folder.file);
    expect(JSON.parse(stdout)).toEqual({
      database: folder.file,
      backup: folder.at('copy'),
      keptAs: expect.stringContaining('before-restore'),
      cursor: `${epoch}-2`,
    });
  });

  it.each([
    [true, /^newswire: a server is running with \S+; stop it, then restore; the database was left unchanged\n$/],
    [false, /^newswire: another program has \S+ open, such as a server with ROLES=serve; stop it, then restore; .*\n$/],
  ])('exits with 1 in one line while a server has the database open, polling: %s', async (poller, message) => {
    const server = await openStore({ url: folder.url, poller });
    const { code, stdout, stderr } = await run(folder.at('copy'));
    await server.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('exits with 2 in one line when the file is no backup', async () => {
    writeFileSync(folder.at('other'), 'sources: []\n');
    const { code, stderr } = await run(folder.at('other'));
    expect(code).toBe(2);
    expect(stderr).toBe(`${folder.at('other')}: is not a database. Name a file that "newswire backup" wrote.\n`);
  });

  it('exits with 1 in one line when the backup is damaged', async () => {
    writeFileSync(folder.at('copy'), `SQLite format 3\0${'x'.repeat(5000)}`);
    const { code, stderr } = await run(folder.at('copy'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^newswire: \S+copy is damaged \(.+\); restore another backup; the database was left .*\n$/);
  });

  it('shows two examples at the end of its help', async () => {
    const { stdout } = await run('--help');
    expect(stdout.trimEnd().split('\n').slice(-3)).toEqual([
      'Examples:',
      '  newswire restore /backups/newswire.backup',
      '  newswire restore --json newswire.backup',
    ]);
  });
});
