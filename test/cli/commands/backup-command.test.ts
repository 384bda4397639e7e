import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backup } from '../../../src/cli/commands/backup-command.ts';
import { runCommand } from '../../../src/cli/program.ts';
import { backUp } from '../../../src/store/backups.ts';
import { noon } from '../../support/builders.ts';
import { contentOf, DatabaseFolder } from '../../support/database-folder.ts';
import { FakeIo } from '../fake-io.ts';

let folder: DatabaseFolder;
beforeEach(async () => {
  folder = new DatabaseFolder();
  await folder.fill(1, 2);
});
afterEach(() => folder.remove());

async function run(...args: string[]) {
  const io = new FakeIo({ DATABASE_URL: folder.url });
  const code = await runCommand(['backup', ...args], io);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

describe('newswire backup', () => {
  it('writes the file and prints its size and its last event', async () => {
    const { code, stdout, stderr } = await run(folder.at('copy'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { epoch } = contentOf(folder.at('copy'));
    expect(stdout).toMatch(/^Wrote \S+copy \(0\.\d MB\) and checked it\. It contains the events up to \w+-2\.\n$/);
    expect(stdout).toContain(`${epoch}-2`);
  });

  it('prints JSON', async () => {
    const { stdout } = await run('--json', folder.at('copy'));
    const { epoch } = contentOf(folder.at('copy'));
    const bytes = expect.any(Number);
    expect(JSON.parse(stdout)).toEqual({ file: folder.at('copy'), bytes, cursor: `${epoch}-2`, deleted: [] });
  });

  it('names the dated backups that it deleted', async () => {
    mkdirSync(folder.at('backups'));
    const outputs: string[] = [];
    for (const second of [0, 1]) {
      const io = new FakeIo({ DATABASE_URL: folder.url });
      const clock = { now: () => noon + second * 1000, monotonic: () => 0 };
      expect(await backup(io, folder.at('backups'), { keep: 1 }, clock)).toBe(0);
      outputs.push(io.stdout);
    }
    expect(outputs[0]).not.toContain('Deleted');
    expect(outputs[1]?.split('\n')[1]).toBe(`Deleted ${folder.at('backups', 'news-20260301T120000Z.sqlite')}`);
  });

  it('exits with 2 in one line on a path that is no place for a backup', async () => {
    const { code, stdout, stderr } = await run(folder.file);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`${folder.file}: is a file of the database itself. Name another file.\n`);
  });

  it.each(['0', '-1', '1.5', 'many', '100000'])('exits with 2 when --keep is %s', async (number) => {
    const { code, stderr } = await run('--keep', number, folder.at('backups'));
    expect(code).toBe(2);
    expect(stderr).toContain('Use a whole number from 1 to 99999.');
  });

  it('exits with 1 in one line while another backup to the same file runs', async () => {
    let second: ReturnType<typeof run> | null = null;
    const watch = {
      onStep(step: string) {
        if (step === 'copy') second = run(folder.at('copy'));
      },
    };
    await backUp({ url: folder.url, path: folder.at('copy'), keep: null, watch });
    expect(await second).toEqual({
      code: 1,
      stdout: '',
      stderr: `newswire: another backup to ${folder.at('copy')} is running; wait until it has ended\n`,
    });
  });

  it('exits with 1 and leaves no file when a signal interrupts it', async () => {
    const io = new FakeIo({ DATABASE_URL: folder.url });
    let hasEnded = false;
    const running = runCommand(['backup', folder.at('copy')], io).finally(() => {
      hasEnded = true;
    });
    // The command listens once it has loaded the database engine.
    while (!hasEnded) {
      io.signal('SIGINT');
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await running).toBe(1);
    expect(io.stderr).toBe('newswire: interrupted; no backup was written\n');
    expect(folder.names()).toEqual(['news.sqlite']);
  });

  it('shows two examples at the end of its help', async () => {
    const { stdout } = await run('--help');
    expect(stdout.trimEnd().split('\n').slice(-3)).toEqual([
      'Examples:',
      '  newswire backup /backups/newswire.backup',
      '  newswire backup --keep 7 /backups',
    ]);
  });
});
