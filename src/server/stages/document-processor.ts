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
export interface DocumentProcessor {
  /** The document as the store takes it. */
  normalise(task: NormaliseTask): Promise<NormalisedFeed | Unreadable>;
  /** The document as its publisher has it. */
  describe(document: RawDocument): Promise<FeedDescription | Unreadable>;
  /** The feeds that a page names. */
  discover(document: RawDocument): Promise<PageLinks | Unreadable>;
  /** Stored HTML by the rules of today. */
  sanitise(html: string): Promise<SanitisedHtml | Unreadable>;
  close(): Promise<void>;
}

type Limits = Required<DocumentProcessorOptions>;

const defaults: Limits = { workers: 2, cpuLimitMs: 5_000, wallLimitMs: 30_000, maxHeapMb: 256 };

/** A digester over a pool of worker processes, which start when documents come. */
export function createDocumentProcessor(options: DocumentProcessorOptions = {}): DocumentProcessor {
  const limits = { ...defaults, ...options };
  const module = siblingModule(import.meta.url, '../../worker').href;
  const pool = createWorkerPool<DocumentTask, DocumentResult>({ module, ...limits });
  // Which answer belongs to which task is the word of worker.ts.
  const run = async <Answer extends DocumentResult>(task: DocumentTask): Promise<Answer | Unreadable> =>
    read((await pool.run(task)) as TaskOutcome<Answer>, limits);
  return {
    normalise: (task) => run<NormalisedFeed>({ kind: 'digest', ...task }),
    describe: (document) => run<FeedDescription>({ kind: 'describe', ...document }),
    discover: (document) => run<PageLinks>({ kind: 'discover', ...document }),
    sanitise: (html) => run<SanitisedHtml>({ kind: 'clean', html }),
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
