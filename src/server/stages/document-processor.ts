import { assertNever } from '../../domain/assert-never.ts';
import type { DocumentResult, DocumentTask, RawDocument, SanitisedHtml } from '../../domain/items/document-task.ts';
import type { FeedDescription } from '../../domain/items/feed-description.ts';
import type { NormalisedFeed, Unreadable } from '../../domain/items/item.ts';
import type { NormaliseTask } from '../../domain/items/normalise-task.ts';
import type { PageLinks } from '../../domain/items/page-links.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import type { TaskOutcome } from '../../runtime/worker-child.ts';
import { createWorkerPool } from '../../runtime/worker-pool.ts';
import { siblingModule } from '../../runtime/worker-protocol.ts';

export interface DocumentProcessorOptions {
  /** Maximum number of worker processes. */
  readonly workers?: number;
  readonly cpuLimitMs?: number;
  /** Wall-clock limit for one document. */
  readonly wallLimitMs?: number;
  /** JavaScript heap limit of a worker process. */
  readonly maxHeapMb?: number;
}

/**
 * Processes fetched documents in worker processes with limits of time and memory. No method rejects: a document that
 * cannot be read is a result.
 */
export interface DocumentProcessor {
  normalise(task: NormaliseTask): Promise<NormalisedFeed | Unreadable>;
  /** Parses a feed and returns its entries as published. */
  describe(document: RawDocument): Promise<FeedDescription | Unreadable>;
  /** Finds the feeds that a page links to. */
  discover(document: RawDocument): Promise<PageLinks | Unreadable>;
  /** Sanitises stored HTML by the current rules. */
  sanitise(html: string): Promise<SanitisedHtml | Unreadable>;
  close(): Promise<void>;
}

type Limits = Required<DocumentProcessorOptions>;

const defaults: Limits = { workers: 2, cpuLimitMs: 5_000, wallLimitMs: 30_000, maxHeapMb: 256 };

/** Creates a document processor with a pool of worker processes, which start on the first document. */
export function createDocumentProcessor(options: DocumentProcessorOptions = {}): DocumentProcessor {
  const limits = { ...defaults, ...options };
  const module = siblingModule(import.meta.url, '../../worker').href;
  const pool = createWorkerPool<DocumentTask, DocumentResult>({ module, ...limits });
  // The compiler cannot check this cast: worker.ts defines which result belongs to which task.
  const run = async <Result extends DocumentResult>(task: DocumentTask): Promise<Result | Unreadable> =>
    toResult((await pool.run(task)) as TaskOutcome<Result>, limits);
  return {
    normalise: (task) => run<NormalisedFeed>({ kind: 'normalise', ...task }),
    describe: (document) => run<FeedDescription>({ kind: 'describe', ...document }),
    discover: (document) => run<PageLinks>({ kind: 'discover', ...document }),
    sanitise: (html) => run<SanitisedHtml>({ kind: 'clean', html }),
    close: () => pool.close(),
  };
}

function toResult<Result>(outcome: TaskOutcome<Result>, limits: Limits): Result | Unreadable {
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
