import type { RawBuilder } from 'kysely';
import { type Db, engineOf } from './engine.ts';
import { type Tables, tables } from './tables.ts';

type Value = string | number | null;
type Rows<Name extends keyof Tables> = readonly Readonly<Partial<Record<keyof Tables[Name], Value>>>[];

/**
 * The columns of some rows, which all have the same ones.
 *
 * @throws Error when the table has no such column.
 */
function columnsOf<Name extends keyof Tables>(table: Name, rows: Rows<Name>): string[] {
  const columns = Object.keys(rows[0] ?? {});
  for (const name of columns) {
    if (!Object.hasOwn(tables[table], name)) throw new Error(`${table} has no column ${name}`);
  }
  return columns;
}

function valuesOf(row: Readonly<Record<string, unknown>>, columns: readonly string[]): unknown[] {
  return columns.map((name) => row[name] ?? null);
}

/**
 * Inserts any number of rows in their order. The SQL text does not depend on their number, so the statement stays prepared
 * and the engine's limit of variables does not apply. All rows have the same columns.
 */
export async function insertRows<Name extends keyof Tables>(db: Db, table: Name, rows: Rows<Name>): Promise<void> {
  if (rows.length === 0) return;
  const columns = columnsOf(table, rows);
  const values = rows.map((row) => valuesOf(row, columns));
  await engineOf(db).insert(db, { table, columns }, values);
}

/** Inserts rows like `insertRows` and returns their generated ids, in the order of the rows. */
export async function insertReturningIds<Name extends keyof Tables>(
  db: Db,
  table: Name,
  rows: Rows<Name>,
): Promise<readonly number[]> {
  if (rows.length === 0) return [];
  const columns = columnsOf(table, rows);
  const values = rows.map((row) => valuesOf(row, columns));
  return engineOf(db).insertReturningIds(db, { table, columns }, values);
}

/** Sets columns of many rows, each identified by its value of `by`. All rows have the same columns. */
export async function updateRows<Name extends keyof Tables>(
  db: Db,
  table: Name,
  by: keyof Tables[Name] & string,
  rows: Rows<Name>,
): Promise<void> {
  if (rows.length === 0) return;
  const columns = columnsOf(table, rows).filter((name) => name !== by);
  const values = rows.map((row) => valuesOf(row, [...columns, by]));
  await engineOf(db).update(db, { table, columns, by }, values);
}

/** A subquery of values for `in`, whose SQL text is the same for any number of values. */
export function valueList<T extends string | number>(db: Db, values: readonly T[]): RawBuilder<T> {
  return engineOf(db).jsonValues<T>(JSON.stringify(values));
}
