import { type Migration, Migrator } from 'kysely/migration';
import * as initial from '../../db/migrations/0001-initial.ts';
import * as websub from '../../db/migrations/0002-websub.ts';
import * as corrections from '../../db/migrations/0003-corrections.ts';
import * as webhooks from '../../db/migrations/0003-webhooks.ts';
import * as comments from '../../db/migrations/0004-comments.ts';
import * as withdrawalReason from '../../db/migrations/0005-withdrawal-reason.ts';
import * as arrivalOrder from '../../db/migrations/0006-arrival-order.ts';
import type { Db } from './engine/engine.ts';

/** Every migration there is, by name, in order. A list and not a folder, so that a build cannot leave one behind. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-websub': websub,
  '0003-corrections': corrections,
  '0003-webhooks': webhooks,
  '0004-comments': comments,
  '0005-withdrawal-reason': withdrawalReason,
  '0006-arrival-order': arrivalOrder,
};

/** The names of all migrations that this program knows. */
export const migrationNames: readonly string[] = Object.keys(migrations);

/** Brings the schema up to date, whole or not at all. Does nothing when it is. */
export async function migrate(db: Db): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
