import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackupStep, RestoreStep } from '../../src/domain/backups/backup.ts';
import { backUp, restore } from '../../src/store/backups.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { contentOf, DatabaseFolder, upTo } from '../support/database-folder.ts';

const child = path.join(path.dirname(fileURLToPath(import.meta.url)), 'copy-until-killed.ts');
const oldItems = 3;
const newItems = 40;

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.remove());

/** Runs a backup or a restore that is killed before a step. */
async function runKilled(command: 'backup' | 'restore', step: string, ...rest: string[]): Promise<void> {
  const target = rest.length > 0 ? folder.at('dated') : folder.at('copy');
  const args = [child, command, folder.url, target, step, ...rest];
  const killed = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [, signal] = await once(killed, 'exit');
  expect(signal, `the process was killed before ${step}`).toBe('SIGKILL');
}

type Moment<Step> = Step | 'middle of copy' | 'end';

const backupMoments: readonly Moment<BackupStep>[] = ['copy', 'middle of copy', 'check', 'flush', 'rename', 'prune'];

describe('kill -9 during a backup', () => {
  it.each(backupMoments)('before %s leaves the old or the new backup complete', async (step) => {
    await folder.fill(...upTo(oldItems));
    await backUp({ url: folder.url, path: folder.at('copy'), keep: null });
    await folder.fill(...upTo(newItems));
    await runKilled('backup', step);
    const expected = step === 'prune' ? newItems : oldItems;
    expect(contentOf(folder.at('copy'))).toMatchObject({ items: expected, seqs: upTo(expected), integrity: 'ok' });

    const next = await backUp({ url: folder.url, path: folder.at('copy'), keep: null });
    expect(next).toMatchObject({ kind: 'written' });
    expect(contentOf(folder.at('copy'))).toMatchObject({ items: newItems, integrity: 'ok' });
    expect(contentOf(folder.file)).toMatchObject({ items: newItems, integrity: 'ok' });
    expect(folder.names()).toEqual(['copy', 'news.sqlite']);
  });

  it('into a folder of dated backups leaves no partial file after the next one', async () => {
    await folder.fill(...upTo(newItems));
    mkdirSync(folder.at('dated'));
    await runKilled('backup', 'check', '2');
    await backUp({ url: folder.url, path: folder.at('dated'), keep: 2, clock: { now: () => 0, monotonic: () => 0 } });
    expect(folder.names(folder.at('dated'))).toEqual(['news-19700101T000000Z.sqlite']);
  });
});

const restoreMoments: readonly Moment<RestoreStep>[] = [
  ...(['copy', 'middle of copy', 'check', 'flush', 'keep', 'replace', 'record', 'end'] as const),
];

describe('kill -9 during a restore', () => {
  it.each(restoreMoments)('before %s leaves the old or the new database complete', async (step) => {
    await folder.fill(...upTo(oldItems));
    await backUp({ url: folder.url, path: folder.at('copy'), keep: null });
    const { epoch } = contentOf(folder.file);
    await folder.fill(...upTo(newItems));
    await runKilled('restore', step);
    const isNew = step === 'record' || step === 'end';
    const items = isNew ? oldItems : newItems;
    expect(contentOf(folder.file)).toMatchObject({ items, seqs: upTo(items), integrity: 'ok' });

    // The next start works. Only a restored log has another epoch.
    const store = await openStore({ url: folder.url, poller: true });
    expect((await readHead(store.reader)).epoch === epoch).toBe(!isNew);
    await store.close();

    expect(await restore({ url: folder.url, path: folder.at('copy') })).toMatchObject({ kind: 'restored' });
    expect(contentOf(folder.file)).toMatchObject({ items: oldItems, integrity: 'ok' });
    const names = folder.names();
    expect(names.filter((name) => name.includes('restoring'))).toEqual([]);
    // One former database for each restore that replaced one; no second name of the present database.
    expect(names.filter((name) => name.includes('before-restore'))).toHaveLength(isNew ? 2 : 1);
  });
});
