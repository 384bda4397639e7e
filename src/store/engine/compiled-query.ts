import type { Compilable, CompiledQuery } from 'kysely';
import { type Db, type Engine, engineOf } from './engine.ts';

/** Stands for a value that is known only when the query is run. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query that is put together once and run often, each time with other values: to put one together takes several times
 * as long as to run it. What is built may depend on the executor's engine, and on nothing else.
 *
 * @param build is given places that stand for the values. They may be handed to a query as they are, and must not be
 *   looked at.
 */
export function compiledQuery<Values extends object, Result>(
  names: readonly (keyof Values & string)[],
  build: (db: Db, values: Values) => Compilable<Result>,
): (db: Db, values: Values) => Promise<Result[]> {
  const compiled = new WeakMap<Engine, CompiledQuery<Result>>();
  const places = Object.fromEntries(names.map((name) => [name, new Placeholder(name)])) as Values;
  const compile = (db: Db): CompiledQuery<Result> => {
    const known = compiled.get(engineOf(db));
    if (known !== undefined) return known;
    const query = build(db, places).compile();
    compiled.set(engineOf(db), query);
    return query;
  };
  return async (db, values) => {
    const query = compile(db);
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder ? values[parameter.name as keyof Values] : parameter,
    );
    // Plug-ins see it as they see any other query, that which guards against an executor's use inside itself among them.
    db.getExecutor().transformQuery(query.query, query.queryId);
    return (await db.executeQuery<Result>({ ...query, parameters })).rows;
  };
}
