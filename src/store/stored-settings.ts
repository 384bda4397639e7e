import type { Db } from './engine/engine.ts';
import type { Store } from './engine/store.ts';

/** Reads a value that all nodes share. Null: no server has created it yet. */
export async function readSetting(db: Db, name: string): Promise<string | null> {
  const row = await db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst();
  return row?.value ?? null;
}

/**
 * Reads a value that all nodes share, such as a secret of the server. The first caller creates it.
 *
 * @param name the key of the setting.
 * @param make generates the value.
 */
export async function getOrCreateSetting(store: Store, name: string, make: () => string): Promise<string> {
  const existing = await readSetting(store.reader, name);
  if (existing !== null) return existing;
  return store.write(async (tx) => {
    await tx
      .insertInto('setting')
      .values({ name, value: make() })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await tx.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirstOrThrow();
    return row.value;
  });
}

/** Writes a value that all nodes share and that must survive a restart. */
export async function writeSetting(store: Store, name: string, value: string): Promise<void> {
  await store.write((tx) =>
    tx
      .insertInto('setting')
      .values({ name, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute(),
  );
}
