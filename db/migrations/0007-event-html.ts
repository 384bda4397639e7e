import type { Kysely } from 'kysely';

/** Lets an event refer to the content of its item instead of repeating it. Earlier events keep it in their body. */
export async function up({ schema }: Kysely<unknown>): Promise<void> {
  await schema.alterTable('event').addColumn('html', 'text').execute();
  await schema
    .alterTable('event')
    .addColumn('html_in_item', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
}
