import { assertNever } from './domain/assert-never.ts';
import type { DigestTask } from './domain/digest-task.ts';
import type { Digest, Unreadable } from './domain/item.ts';
import { cleanLine } from './runtime/clean-line.ts';
import { createWorkerPool, type TaskOutcome } from './runtime/worker-pool.ts';

export interface DigesterOptions {
  readonly threads?: number;
  readonly taskTimeoutMs?: number;
  readonly maxHeapMb?: number;
}

/** Turns fetched documents into digests, each on a thread with a time and a memory limit. */
export interface Digester {
  /** Never rejects: a document that cannot be digested is a value. */
  digest(task: DigestTask): Promise<Digest | Unreadable>;
  close(): Promise<void>;
}

const defaults: Required<DigesterOptions> = { threads: 2, taskTimeoutMs: 5_000, maxHeapMb: 256 };

/** The worker module beside this one, whether run from source or built. */
const workerModule = new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href;

/** A digester over a pool of threads, which start when the first document comes. */
export function createDigester(options: DigesterOptions = {}): Digester {
  const limits = { ...defaults, ...options };
  const pool = createWorkerPool<DigestTask, Digest | Unreadable>({ module: workerModule, ...limits });
  return {
    digest: async (task) => read(await pool.run(task), limits),
    close: () => pool.close(),
  };
}

function read(outcome: TaskOutcome<Digest | Unreadable>, limits: Required<DigesterOptions>): Digest | Unreadable {
  switch (outcome.kind) {
    case 'done':
      return outcome.result;
    case 'too-slow':
      return unreadable('parse_timeout', `the document took more than ${limits.taskTimeoutMs / 1000} s to read`);
    case 'too-big':
      return unreadable('parse_limit', `the document took more than ${limits.maxHeapMb} MB to read`);
    case 'crashed':
      return unreadable('internal_error', cleanLine(outcome.error.message));
    default:
      return assertNever(outcome);
  }
}

function unreadable(failure: Unreadable['failure'], detail: string): Unreadable {
  return { kind: 'unreadable', failure, detail };
}
