import type { Generated } from 'kysely';

/** One column: its type in the database and in TypeScript. Instants are `bigint`, epoch ms. */
export interface Column<T> {
  readonly type: 'text' | 'integer' | 'bigint';
  readonly nullable: boolean;
  /** Never set: it carries the TypeScript type only. */
  readonly reads?: T;
}

export const text: Column<string> = { type: 'text', nullable: false };
export const textOrNull: Column<string | null> = { type: 'text', nullable: true };
export const integer: Column<number> = { type: 'integer', nullable: false };
export const integerOrNull: Column<number | null> = { type: 'integer', nullable: true };
export const rowId: Column<Generated<number>> = { type: 'integer', nullable: false };
export const ms: Column<number> = { type: 'bigint', nullable: false };
export const msOrNull: Column<number | null> = { type: 'bigint', nullable: true };

/** A text column with a closed set of values. */
export function oneOf<T extends string>(): Column<T> {
  return { type: 'text', nullable: false };
}

/** The same, or null. */
export function oneOfOrNull<T extends string>(): Column<T | null> {
  return { type: 'text', nullable: true };
}
