import { assertNever } from '../../domain/assert-never.ts';
import { StorageError, type StorageFault } from '../../domain/storage.ts';
import { type Release, Semaphore } from '../../runtime/semaphore.ts';
import type { TaskOutcome } from '../../runtime/worker-child.ts';
import { createWorkerPool, type WorkerPool } from '../../runtime/worker-pool.ts';
import { siblingModule } from '../../runtime/worker-protocol.ts';
import type { Store } from '../engine/store.ts';
import { executeQuery, type QueryName, type ReadQueries } from './named-queries.ts';
import type { QueryResponse, QueryTask } from './query-worker.ts';

/** How a query ended. */
export type QueryOutcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  /** It exceeded its budget and was killed. */
  | { readonly kind: 'over-budget' }
  /** The queue was full, or it waited too long. Nothing was read. */
  | { readonly kind: 'busy' };

/** Runs named queries (see named-queries.ts), each in one read transaction. */
export interface QueryRunner {
  /** @throws StorageError when the storage is at fault; Error for a fault of Newswire, or after `close`. */
  run<Name extends QueryName>(
    name: Name,
    args: ReadQueries[Name]['args'],
  ): Promise<QueryOutcome<ReadQueries[Name]['result']>>;
  /** Kills running queries, refuses queued ones, and closes the connections. */
  close(): Promise<void>;
}

/** Limits of a query runner. */
export interface QueryLimits {
  /** How many queries run concurrently, each in a process of its own. */
  readonly workers: number;
  /** The processor time of one query. */
  readonly budgetMs: number;
  /** The wall time of one query, for a machine that is busy with other work. */
  readonly wallLimitMs: number;
  readonly maxQueued: number;
  /** How long a query can be queued. */
  readonly queueTimeoutMs: number;
}

/** The configuration of a query runner. */
export interface QueryRunnerOptions {
  readonly limits?: QueryLimits;
  /** Called when a query has ended. */
  onEnd?(outcome: QueryOutcome<unknown>['kind'] | 'failed'): void;
  /** Called with each fault of the storage that a query encounters; `detail` is for the log. */
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
/** How long a query waits for a running or starting process before another process is started. */
const patienceMs = 1500;

/** Runs queries in this process, without limits: for commands. */
export function runQueriesInProcess(store: Pick<Store, 'read'>): QueryRunner {
  return {
    run: async (name, args) => ({ kind: 'done', result: await store.read((db) => executeQuery(db, name, args)) }),
    close: async () => {},
  };
}

/**
 * Runs queries in child processes, each with its own read-only connection, so that no query blocks the event loop. Processes
 * start with the first query and end after a minute without one. SQLite cannot be interrupted from JavaScript: a process
 * whose query exceeds its budget is killed and replaced (ADR 0014).
 *
 * @param url `sqlite:` and a path, of an existing, migrated database.
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

/** Runs queries in order of arrival, as many concurrently as there are workers. */
class QueryQueue implements QueryRunner {
  readonly #parts: QueueParts;
  readonly #permits: Semaphore;
  readonly #closing = new AbortController();

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#permits = new Semaphore(parts.limits.workers);
  }

  async run<Name extends QueryName>(
    name: Name,
    args: ReadQueries[Name]['args'],
  ): Promise<QueryOutcome<ReadQueries[Name]['result']>> {
    if (this.#closing.signal.aborted) throw new Error('the query runner is closed');
    const { url, pool, onEnd, onFault } = this.#parts;
    const release = await this.#permit();
    if (release === null) {
      onEnd('busy');
      return { kind: 'busy' };
    }
    try {
      const outcome = await pool.run({ url, name, args });
      onEnd(endOf(outcome));
      if (outcome.kind === 'crashed') throw new Error(`a query process failed: ${outcome.detail}`);
      if (outcome.kind !== 'done') return { kind: 'over-budget' };
      const response = outcome.result;
      if (response.kind === 'fault') {
        onFault(response.fault, response.detail);
        throw new StorageError(response.fault, response.detail);
      }
      // named-queries.ts relates the type of the result to the name.
      return { kind: 'done', result: response.result as ReadQueries[Name]['result'] };
    } finally {
      release();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#parts.pool.close();
  }

  /** A permit to run, after waiting for it; null: too many queries wait, this one has waited too long, or all is closed. */
  async #permit(): Promise<Release | null> {
    const { maxQueued, queueTimeoutMs } = this.#parts.limits;
    if (this.#permits.available === 0 && this.#permits.waiting >= maxQueued) return null;
    return this.#permits.acquire({ timeoutMs: queueTimeoutMs, signal: this.#closing.signal });
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
