import type { Compilable, CompiledQuery } from 'kysely';
import { type Db, type Engine, engineOf } from './engine.ts';

/** Marks a parameter whose value is supplied at execution. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query that is built and compiled once for each engine and run many times with different values: building it takes
 * several times as long as running it.
 *
 * @param names the names of the values.
 * @param build receives a placeholder for each value. It may pass placeholders to the query, but must not inspect them:
 *   the query may depend on the executor's engine and on nothing else.
 * @returns runs the query and returns its rows.
 */
export function compiledQuery<Values extends object, Result>(
  names: readonly (keyof Values & string)[],
  build: (db: Db, values: Values) => Compilable<Result>,
): (db: Db, values: Values) => Promise<Result[]> {
  const compiled = new WeakMap<Engine, CompiledQuery<Result>>();
  const placeholders = Object.fromEntries(names.map((name) => [name, new Placeholder(name)])) as Values;
  const compile = (db: Db): CompiledQuery<Result> => {
    const known = compiled.get(engineOf(db));
    if (known !== undefined) return known;
    const query = build(db, placeholders).compile();
    compiled.set(engineOf(db), query);
    return query;
  };
  return async (db, values) => {
    const query = compile(db);
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder ? values[parameter.name as keyof Values] : parameter,
    );
    // Run the plug-ins, as for any other query: SerialConnection's guard is one of them.
    db.getExecutor().transformQuery(query.query, query.queryId);
    return (await db.executeQuery<Result>({ ...query, parameters })).rows;
  };
}
