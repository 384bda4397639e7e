import { assertNever } from '../../domain/assert-never.ts';
import { StorageError, type StorageFault } from '../../domain/storage.ts';
import type { TaskOutcome } from '../../runtime/worker-child.ts';
import { createWorkerPool, type WorkerPool } from '../../runtime/worker-pool.ts';
import { siblingModule } from '../../runtime/worker-protocol.ts';
import type { Store } from '../open-store.ts';
import { executeQuery, type QueryName, type ReadQueries } from './named-queries.ts';
import type { QueryResponse, QueryTask } from './query-worker.ts';

/** How a query ended. */
export type QueryOutcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  /** It used up its budget and was ended. */
  | { readonly kind: 'over-budget' }
  /** Too many wait already, or it waited too long. Nothing was read. */
  | { readonly kind: 'busy' };

/** Runs named queries (see read-queries.ts). Each result is of one read transaction. */
export interface QueryRunner {
  /** @throws StorageError when the storage is at fault; Error when the query failed by a fault of ours, or all is closed. */
  run<Name extends QueryName>(
    name: Name,
    args: ReadQueries[Name]['args'],
  ): Promise<QueryOutcome<ReadQueries[Name]['result']>>;
  /** Ends what runs, refuses what waits, and lets go of the database. */
  close(): Promise<void>;
}

/** Limits of a query runner. */
export interface QueryLimits {
  /** Queries that run at once, each in a process of its own. */
  readonly workers: number;
  /** Processor time of one query. */
  readonly budgetMs: number;
  /** Time by the clock of one query, for a machine that is busy with other things. */
  readonly wallLimitMs: number;
  /** Queries that wait for their turn. */
  readonly maxQueued: number;
  /** How long one waits for its turn. */
  readonly queueTimeoutMs: number;
}

/** How a runner is set up. */
export interface QueryRunnerOptions {
  readonly limits?: QueryLimits;
  /** Called with how each query ended. */
  onEnd?(outcome: QueryOutcome<unknown>['kind'] | 'failed'): void;
  /** Called with each fault of the storage that a query meets, and the engine's words for it: for the log. */
  onFault?(fault: StorageFault, detail: string): void;
}

const serverLimits: QueryLimits = {
  workers: 2,
  budgetMs: 1000,
  wallLimitMs: 5000,
  maxQueued: 32,
  queueTimeoutMs: 5000,
};

const maxHeapMb = 256;
/** How long a query waits for the process that is up, or is starting, before another one is started for it. */
const patienceMs = 1500;

/** Runs queries where they are asked for, without limits: for commands and tests. */
export function runQueriesInProcess(store: Pick<Store, 'read'>): QueryRunner {
  return {
    run: async (name, args) => ({ kind: 'done', result: await store.read((db) => executeQuery(db, name, args)) }),
    close: async () => {},
  };
}

/**
 * Runs queries in processes beside the server, each with a connection of its own that cannot write, so that no query
 * can hold up the event loop. Processes start with the first query and end when they are idle for a minute. SQLite
 * cannot be interrupted from JavaScript: a process whose query is over its budget is killed and replaced.
 *
 * @param url `sqlite:` and a path, of a database that is there and up to date.
 */
export function createQueryRunner(url: string, options: QueryRunnerOptions = {}): QueryRunner {
  const { limits = serverLimits, onEnd = () => {}, onFault = () => {} } = options;
  const pool = createWorkerPool<QueryTask, QueryResponse>({
    module: siblingModule(import.meta.url, 'query-worker').href,
    workers: limits.workers,
    cpuLimitMs: limits.budgetMs,
    wallLimitMs: limits.wallLimitMs,
    maxHeapMb,
    patienceMs,
  });
  return new QueryQueue({ url, pool, limits, onEnd, onFault });
}

interface QueueParts extends Required<QueryRunnerOptions> {
  readonly url: string;
  readonly pool: WorkerPool<QueryTask, QueryResponse>;
}

/** Queries in the order they came, as many at once as there are workers. */
class QueryQueue implements QueryRunner {
  readonly #parts: QueueParts;
  /** Told whether their turn has come. */
  readonly #waiting = new Set<(mayRun: boolean) => void>();
  #running = 0;
  #closed = false;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  async run<Name extends QueryName>(
    name: Name,
    args: ReadQueries[Name]['args'],
  ): Promise<QueryOutcome<ReadQueries[Name]['result']>> {
    if (this.#closed) throw new Error('the query runner is closed');
    const { url, pool, onEnd, onFault } = this.#parts;
    if (!(await this.#turn())) {
      onEnd('busy');
      return { kind: 'busy' };
    }
    try {
      const outcome = await pool.run({ url, name, args });
      onEnd(endOf(outcome));
      if (outcome.kind === 'crashed') throw new Error(`a query process failed: ${outcome.detail}`);
      if (outcome.kind !== 'done') return { kind: 'over-budget' };
      const answer = outcome.result;
      if (answer.kind === 'fault') {
        onFault(answer.fault, answer.detail);
        throw new StorageError(answer.fault, answer.detail);
      }
      // Which result belongs to which name is the word of read-queries.ts.
      return { kind: 'done', result: answer.result as ReadQueries[Name]['result'] };
    } finally {
      this.#release();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const answer of this.#waiting) answer(false);
    await this.#parts.pool.close();
  }

  /** Whether the query may run now, after waiting for its turn. */
  #turn(): Promise<boolean> | boolean {
    const { workers, maxQueued, queueTimeoutMs } = this.#parts.limits;
    if (this.#running < workers) {
      this.#running += 1;
      return true;
    }
    if (this.#waiting.size >= maxQueued) return false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer(false), queueTimeoutMs).unref();
      const answer = (mayRun: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(answer);
        resolve(mayRun);
      };
      this.#waiting.add(answer);
    });
  }

  /** Gives the place of a query that has ended to the one that has waited longest. */
  #release(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#running -= 1;
    else next(true);
  }
}

function endOf(outcome: TaskOutcome<QueryResponse>): 'done' | 'over-budget' | 'failed' {
  const { kind } = outcome;
  switch (kind) {
    case 'done':
      return outcome.result.kind === 'fault' ? 'failed' : 'done';
    case 'too-slow':
    case 'too-big':
      return 'over-budget';
    case 'crashed':
      return 'failed';
    default:
      return assertNever(kind);
  }
}
