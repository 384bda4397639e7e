import { assertNever } from '../domain/assert-never.ts';
import type { CleanedHtml, DocumentAnswer, DocumentTask, FoundDocument } from '../domain/items/document-task.ts';
import type { FeedDescription } from '../domain/items/feed-description.ts';
import type { Digest, Unreadable } from '../domain/items/item.ts';
import type { DigestTask } from '../domain/items/normalise-task.ts';
import type { PageLinks } from '../domain/items/page-links.ts';
import { cleanLine } from '../runtime/clean-line.ts';
import type { TaskOutcome } from '../runtime/worker-child.ts';
import { createWorkerPool } from '../runtime/worker-pool.ts';
import { moduleBeside } from '../runtime/worker-protocol.ts';

export interface DigesterOptions {
  /** Worker processes at most. */
  readonly workers?: number;
  /** Processor time for one document. */
  readonly cpuLimitMs?: number;
  /** Time by the clock for one document. */
  readonly wallLimitMs?: number;
  /** JavaScript heap of a worker. */
  readonly maxHeapMb?: number;
}

/**
 * Reads fetched documents, each in a process with limits of time and memory. Nothing here rejects: a document that
 * cannot be read is a value.
 */
export interface Digester {
  /** The document as the store takes it. */
  digest(task: DigestTask): Promise<Digest | Unreadable>;
  /** The document as its publisher has it. */
  describe(document: FoundDocument): Promise<FeedDescription | Unreadable>;
  /** The feeds that a page names. */
  discover(document: FoundDocument): Promise<PageLinks | Unreadable>;
  /** Stored HTML by the rules of today. */
  clean(html: string): Promise<CleanedHtml | Unreadable>;
  close(): Promise<void>;
}

type Limits = Required<DigesterOptions>;

const defaults: Limits = { workers: 2, cpuLimitMs: 5_000, wallLimitMs: 30_000, maxHeapMb: 256 };

/** A digester over a pool of worker processes, which start when documents come. */
export function createDigester(options: DigesterOptions = {}): Digester {
  const limits = { ...defaults, ...options };
  const module = moduleBeside(import.meta.url, '../worker').href;
  const pool = createWorkerPool<DocumentTask, DocumentAnswer>({ module, ...limits });
  // Which answer belongs to which task is the word of worker.ts.
  const run = async <Answer extends DocumentAnswer>(task: DocumentTask): Promise<Answer | Unreadable> =>
    read((await pool.run(task)) as TaskOutcome<Answer>, limits);
  return {
    digest: (task) => run<Digest>({ kind: 'digest', ...task }),
    describe: (document) => run<FeedDescription>({ kind: 'describe', ...document }),
    discover: (document) => run<PageLinks>({ kind: 'discover', ...document }),
    clean: (html) => run<CleanedHtml>({ kind: 'clean', html }),
    close: () => pool.close(),
  };
}

function read<Answer>(outcome: TaskOutcome<Answer>, limits: Limits): Answer | Unreadable {
  switch (outcome.kind) {
    case 'done':
      return outcome.result;
    case 'too-slow':
      return unreadable('parse_timeout', `the document took more than ${limits.cpuLimitMs / 1000} s to read`);
    case 'too-big':
      return unreadable('parse_limit', `the document took more than ${limits.maxHeapMb} MB to read`);
    case 'crashed':
      return unreadable('internal_error', cleanLine(outcome.detail));
    default:
      return assertNever(outcome);
  }
}

function unreadable(failure: Unreadable['failure'], detail: string): Unreadable {
  return { kind: 'unreadable', failure, detail };
}
