import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../src/domain/config-error.ts';
import { silentLog } from '../../../../src/runtime/log.ts';
import { type MigrationParts, migrateWithBackup } from '../../../../src/store/engine/sqlite/migration-backup.ts';
import { openStore } from '../../../../src/store/open-store.ts';
import { noon } from '../../../support/builders.ts';
import { contentOf, DatabaseFolder } from '../../../support/database-folder.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.remove());

const later = '0999-later';
const backupOf = (second: number): string => `news.sqlite.before-migration-20260301T12000${second}Z`;

/** The next version of Newswire: it has one more migration. */
function nextVersion(name = later, over: Partial<MigrationParts> = {}): MigrationParts {
  const applied = new Database(folder.file, { readonly: true });
  const names = applied.prepare<[], string>('select name from kysely_migration').pluck().all();
  applied.close();
  const clock = { now: () => noon, monotonic: () => 0 };
  return { file: folder.file, known: [...names, name], clock, log: silentLog, ...over };
}

/** Applies a migration as its last action does: records its name. */
async function apply(name = later): Promise<void> {
  const database = new Database(folder.file);
  database.prepare('insert into kysely_migration values (?, ?)').run(name, '2030-01-01T00:00:00.000Z');
  database.close();
}

describe('a migration', () => {
  it('of a database with content is preceded by a backup', async () => {
    await folder.fill(1, 2);
    let isBackedUp = false;
    await migrateWithBackup(nextVersion(), async () => {
      isBackedUp = existsSync(folder.at(backupOf(0)));
      await apply();
    });
    expect(isBackedUp).toBe(true);
    expect(contentOf(folder.at(backupOf(0)))).toMatchObject({ items: 2, integrity: 'ok' });
    expect(folder.names()).toEqual(['news.sqlite', backupOf(0)]);
  });

  it('keeps the last two backups', async () => {
    await folder.fill(1);
    for (const second of [1, 2, 3]) {
      const name = `0999-later-${second}`;
      const clock = { now: () => noon + second * 1000, monotonic: () => 0 };
      await migrateWithBackup(nextVersion(name, { clock }), () => apply(name));
    }
    expect(folder.names()).toEqual(['news.sqlite', backupOf(2), backupOf(3)]);
  });

  it('does not run when the disk has too little space for the backup, and says what to do', async () => {
    await folder.fill(1);
    let hasRun = false;
    const migrating = migrateWithBackup(nextVersion(later, { freeBytes: () => 0 }), async () => {
      hasRun = true;
    });
    const error: unknown = await migrating.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(
      /DATABASE_URL: .*news\.sqlite was not migrated, because it cannot be backed up first: .*the copy needs 1 MB, and the disk has 0 MB free\. Free disk space, or use another disk\. Then start again; the database was left unchanged\./,
    );
    expect(hasRun).toBe(false);
    expect(folder.names()).toEqual(['news.sqlite']);
  });

  it('runs once when two processes start at the same time', async () => {
    await folder.fill(1);
    const parts = nextVersion();
    let runs = 0;
    const migrate = async (): Promise<void> => {
      const database = new Database(folder.file, { readonly: true });
      const isApplied = database.prepare('select 1 from kysely_migration where name = ?').get(later) !== undefined;
      database.close();
      if (isApplied) return;
      runs += 1;
      await apply();
    };
    await Promise.all([migrateWithBackup(parts, migrate), migrateWithBackup(parts, migrate)]);
    expect(runs).toBe(1);
    expect(folder.names()).toEqual(['news.sqlite', backupOf(0)]);
  });
});

describe('a start that migrates nothing', () => {
  it('writes no backup of a new database, and none of a current one', async () => {
    await folder.fill(1);
    await folder.fill(2);
    expect(folder.names()).toEqual(['news.sqlite']);
  });
});

describe('a start that migrates the database of an earlier version', () => {
  it('writes a backup first', async () => {
    await folder.fill(1, 2);
    const database = new Database(folder.file);
    database.exec(`alter table event drop column html; alter table event drop column html_in_item;
      drop table remote_list; drop table alert_incident; drop table alert_delivery; drop table alert_receiver;
      delete from kysely_migration where name >= '0007'`);
    database.close();
    const clock = { now: () => noon, monotonic: () => 0 };
    const store = await openStore({ url: folder.url, poller: true, clock });
    await store.close();
    expect(folder.names()).toEqual(['news.sqlite', backupOf(0)]);
    expect(contentOf(folder.at(backupOf(0))).items).toBe(2);
  });
});
