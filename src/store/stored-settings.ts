import type { Store } from './open-store.ts';

/**
 * What all nodes share and nobody declares, such as the server's secret: made once, by whoever asks first, and the
 * same ever after.
 */
export async function getOrCreateSetting(store: Store, name: string, make: () => string): Promise<string> {
  const known = await store.reader.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst();
  if (known !== undefined) return known.value;
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

/** Writes one of them, for what goes on and must be known after a restart. */
export async function writeSetting(store: Store, name: string, value: string): Promise<void> {
  await store.write((tx) =>
    tx
      .insertInto('setting')
      .values({ name, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute(),
  );
}
