import { type Migration, Migrator } from 'kysely/migration';
import * as sources from '../../db/migrations/0001-sources.ts';
import * as items from '../../db/migrations/0002-items.ts';
import * as eventLog from '../../db/migrations/0003-event-log.ts';
import * as commentsAndReads from '../../db/migrations/0004-comments-and-reads.ts';
import * as websub from '../../db/migrations/0005-websub.ts';
import * as webhooks from '../../db/migrations/0006-webhooks.ts';
import * as eventHtml from '../../db/migrations/0007-event-html.ts';
import * as remoteLists from '../../db/migrations/0008-remote-lists.ts';
import * as alerts from '../../db/migrations/0009-alerts.ts';
import type { Db } from './engine/engine.ts';

/** All migrations by name, in order. A list and not a folder, so that a build cannot omit one. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-sources': sources,
  '0002-items': items,
  '0003-event-log': eventLog,
  '0004-comments-and-reads': commentsAndReads,
  '0005-websub': websub,
  '0006-webhooks': webhooks,
  '0007-event-html': eventHtml,
  '0008-remote-lists': remoteLists,
  '0009-alerts': alerts,
};

/** The names of the migrations of this version. */
export const migrationNames: readonly string[] = Object.keys(migrations);

/** Migrates the schema to this version, completely or not at all. */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
