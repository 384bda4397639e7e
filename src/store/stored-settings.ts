import type { Db } from './engine/engine.ts';
import type { Store } from './engine/store.ts';

/** Reads a value that all nodes share; null: it was never written. */
export async function readSetting(db: Db, name: string): Promise<string | null> {
  const row = await db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value ?? null;
}

/** Writes a value that all nodes share and that must survive a restart. */
export async function writeSetting(tx: Db, name: string, value: string): Promise<void> {
  await tx
    .insertInto('setting')
    .values({ name, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
}

/**
 * Reads a value that all nodes share, such as a secret of the server. The first caller creates it.
 *
 * @param make generates the value.
 */
export async function getOrCreateSetting(store: Store, name: string, make: () => string): Promise<string> {
  const existing = await readSetting(store.reader, name);
  if (existing !== null) return existing;
  return store.write(async (tx) => {
    const written = await readSetting(tx, name);
    if (written !== null) return written;
    const value = make();
    await writeSetting(tx, name, value);
    return value;
  });
}
