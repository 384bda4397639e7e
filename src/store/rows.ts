import { type RawBuilder, sql } from 'kysely';
import { type Db, engineOf } from './dialect.ts';
import { type Column, type Tables, tables } from './tables.ts';

type Value = string | number | null;

function columnsOf(table: keyof Tables, names: readonly string[]): Record<string, Column<unknown>> {
  const all: Readonly<Record<string, Column<unknown>>> = tables[table];
  return Object.fromEntries(
    names.map((name) => {
      const column = all[name];
      if (column === undefined) throw new Error(`${table} has no column ${name}`);
      return [name, column];
    }),
  );
}

function list(names: readonly string[]): RawBuilder<unknown> {
  return sql.join(names.map((name) => sql.ref(name)));
}

/** Rows as a table expression `input`, with the types of a table's columns. */
function inputOf<Name extends keyof Tables>(
  db: Db,
  table: Name,
  rows: readonly Readonly<Partial<Record<keyof Tables[Name], Value>>>[],
): { names: string[]; input: RawBuilder<unknown> } {
  const names = Object.keys(rows[0] ?? {});
  return { names, input: engineOf(db).rows(JSON.stringify(rows), columnsOf(table, names)) };
}

/**
 * Inserts any number of rows with one statement whose text does not depend on how many there are: it stays prepared,
 * and no limit of variables is met. All rows name the same columns.
 */
export async function insertRows<Name extends keyof Tables>(
  db: Db,
  table: Name,
  rows: readonly Readonly<Partial<Record<keyof Tables[Name], Value>>>[],
): Promise<void> {
  if (rows.length === 0) return;
  const { names, input } = inputOf(db, table, rows);
  await sql`insert into ${sql.table(table)} (${list(names)}) select ${list(names)} from ${input} order by ord`.execute(
    db,
  );
}

/**
 * The same, giving back chosen columns of what was inserted. In no order that may be relied on.
 */
export async function insertReturning<Name extends keyof Tables, R>(
  db: Db,
  table: Name,
  rows: readonly Readonly<Partial<Record<keyof Tables[Name], Value>>>[],
  returning: readonly (keyof Tables[Name] & string)[],
): Promise<readonly R[]> {
  if (rows.length === 0) return [];
  const { names, input } = inputOf(db, table, rows);
  const inserted = await sql<R>`insert into ${sql.table(table)} (${list(names)})
    select ${list(names)} from ${input} order by ord returning ${list(returning)}`.execute(db);
  return inserted.rows;
}

/** Sets columns of many rows at once, each found by `by`. All rows name the same columns. */
export async function updateRows<Name extends keyof Tables>(
  db: Db,
  table: Name,
  by: keyof Tables[Name] & string,
  rows: readonly Readonly<Partial<Record<keyof Tables[Name], Value>>>[],
): Promise<void> {
  if (rows.length === 0) return;
  const { names, input } = inputOf(db, table, rows);
  const assignments = names
    .filter((name) => name !== by)
    .map((name) => sql`${sql.ref(name)} = ${sql.ref(`input.${name}`)}`);
  await sql`update ${sql.table(table)} set ${sql.join(assignments)} from ${input}
    where ${sql.ref(`${table}.${by}`)} = ${sql.ref(`input.${by}`)}`.execute(db);
}

/** A sub-select of values, for `in`: one SQL text for every length. */
export function anyOf(db: Db, values: readonly (string | number)[]): RawBuilder<unknown> {
  return engineOf(db).values(JSON.stringify(values));
}
