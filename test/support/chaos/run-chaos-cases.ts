import { afterAll, expect } from 'vitest';
import type { Failure } from '../../../src/domain/failure.ts';
import type { Item } from '../../../src/domain/items/item.ts';
import { formatNote } from '../../../src/domain/notes/format-note.ts';
import type { Note } from '../../../src/domain/notes/note.ts';
import type { Validators } from '../../../src/domain/polling/fetch-outcome.ts';
import type { Source } from '../../../src/domain/polling/source.ts';
import { createDocumentProcessor } from '../../../src/server/stages/document-processor.ts';
import type { SourceReport } from '../../../src/store/sources/source-reports.ts';
import { rssDocument } from '../documents.ts';
import { type Origin, startOrigin } from '../origin.ts';
import { useCleanups } from '../use-cleanups.ts';
import { goodValidators } from './chaos-case.ts';
import { type ChaosOrigin, type ChaosTheme, chaosCase, chaosThemes, startChaosOrigin } from './chaos-origin.ts';
import { chaosSource, headerSecret, PollingHarness, type PollRun } from './polling-harness.ts';
import { type PollRecord, type ResultRow, ResultTable } from './result-table.ts';

const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** The random number of the harness is always 0.5: half of the jitter of a tenth. */
const jitter = 1.05;
const longestBlockMs = 1_000;

/** What a hostile response must not change. */
export interface SourceSnapshot {
  readonly items: readonly Item[];
  readonly validators: Validators;
  readonly bodyHash: string | null;
  readonly movedTo: string | null;
  readonly url: string;
  readonly title: string;
  /** Output feeds of the source, and their ETags. */
  readonly feeds: readonly { readonly etag: string | null; readonly text: string }[];
}

/** The sources to poll, and the time. */
export interface PollOptions {
  /** Wall clock; absent: as soon as all of them are due. */
  readonly atMs?: number;
  readonly of?: readonly string[];
}

/** Differences of a case from the default. */
interface CaseOptions {
  readonly source?: Partial<Source>;
  /** Further sources of the same host. */
  readonly siblings?: (url: string) => readonly Source[];
}

/** A running case with a healthy neighbour. The source of the case has the id `chaos`, the neighbour `sibling`. */
export class CaseRun {
  readonly #line: ResultRow;
  readonly harness: PollingHarness;
  readonly chaos: ChaosOrigin;
  readonly neighbour: Origin;
  /** See `Network`. */
  readonly dialled: readonly string[];

  constructor(parts: Pick<CaseRun, 'harness' | 'chaos' | 'neighbour' | 'dialled'> & { readonly line: ResultRow }) {
    this.#line = parts.line;
    this.harness = parts.harness;
    this.chaos = parts.chaos;
    this.neighbour = parts.neighbour;
    this.dialled = parts.dialled;
  }

  /** Polls once and checks everything that must hold after any poll. */
  async poll(options: PollOptions = {}): Promise<PollRun> {
    const { harness } = this;
    const of = options.of ?? ['chaos', 'sibling'];
    const due = await Promise.all(of.map(async (id) => (await harness.report(id)).nextCheckMs));
    harness.nowMs = options.atMs ?? Math.max(harness.nowMs, ...due);
    const turn = await harness.poll(of);
    const onTime = !of.includes('sibling') || (await this.#siblingIsOnTime());
    const { p99Ms, blockMs } = turn.delay;
    this.#line.note({ recorded: recorded(await this.report()), p99Ms, onTime });
    expect(harness.errors).toEqual([]);
    expect(blockMs).toBeLessThan(longestBlockMs);
    expect(onTime).toBe(true);
    expect(this.chaos.canary.requests).toEqual([]);
    expect(JSON.stringify([await harness.report('chaos'), harness.logLines])).not.toContain(headerSecret);
    expect((await harness.get('/feed.rss')).status).toBe(200);
    return turn;
  }

  /** Whether the neighbour's newest story is stored and its next check is on schedule. */
  async #siblingIsOnTime(): Promise<boolean> {
    const report = await this.harness.report('sibling');
    const items = await this.harness.items('sibling');
    return (
      report.outcome === 'fresh' &&
      report.lastAttemptMs === this.harness.nowMs &&
      report.nextCheckMs === this.harness.nowMs + hourMs * jitter &&
      report.nextCheckReason.code === 'declared_interval' &&
      items.some((item) => item.title === siblingTitle(this.neighbour.requests.length))
    );
  }

  report(): Promise<SourceReport> {
    return this.harness.report('chaos');
  }

  items(): Promise<readonly Item[]> {
    return this.harness.items('chaos');
  }

  async notes(): Promise<readonly Note[]> {
    return (await this.report()).notes;
  }

  async snapshot(): Promise<SourceSnapshot> {
    const { validators, bodyHash, movedTo } = await this.harness.state('chaos');
    const { url, title } = await this.report();
    const feeds = await Promise.all(
      ['rss', 'atom', 'json'].map(async (format) => {
        const { status, etag, text } = await this.harness.get(`/sources/chaos/feed.${format}`);
        expect(status).toBe(200);
        return { etag, text };
      }),
    );
    return { items: await this.items(), validators, bodyHash, movedTo, url, title, feeds };
  }

  /** Expects that nothing has changed. */
  async expectUnchanged(before: SourceSnapshot): Promise<void> {
    expect(await this.snapshot()).toEqual(before);
  }

  /** The first poll: reads the good document. */
  async readGoodDocument(): Promise<SourceSnapshot> {
    await this.poll();
    expect(await this.report()).toMatchObject({ outcome: 'fresh', failures: 0 });
    const before = await this.snapshot();
    expect(before.items.map((item) => item.title)).toEqual([3, 2, 1].map((n) => `Story ${n} of the herald`));
    return before;
  }

  /** The hostile poll of most cases: nothing is stored, the failure is recorded, the back-off starts. */
  async expectFailure(failure: Failure, before: SourceSnapshot): Promise<SourceReport> {
    await this.poll();
    await this.expectUnchanged(before);
    const report = await this.report();
    const { nowMs } = this.harness;
    expect(report).toMatchObject({ outcome: 'failed', failure, failures: 1, firstFailedMs: nowMs });
    // One line without control characters that says what to do.
    expect(report.detail).toMatch(/^[\x20-\x7e\u00a0-\uffff]{10,300}$/);
    expect(report.nextCheckReason).toEqual({ code: 'back_off', failures: 1, throttling: null });
    expect(report.nextCheckMs).toBe(nowMs + 0.75 * hourMs);
    return report;
  }
}

function recorded({ outcome, failure, notes }: SourceReport): string {
  return [outcome ?? 'never read', failure, ...notes.map(formatNote)].filter((word) => word !== null).join(' ');
}

function siblingTitle(edition: number): string {
  return `Edition ${edition} of the neighbour`;
}

/** Starts an origin that has a new story at each request. */
async function startNeighbour(): Promise<Origin> {
  const neighbour = await startOrigin({ host: '127.0.0.2' });
  return neighbour.on('/feed', () => {
    const entries = neighbour.requests.map((_, index) => ({
      guid: `sibling-${index + 1}`,
      title: siblingTitle(index + 1),
      link: `https://neighbour.example.com/${index + 1}`,
    }));
    const body = rssDocument({ title: 'Example Neighbour', link: 'https://neighbour.example.com/' }, entries.reverse());
    return { headers: { 'Content-Type': 'application/rss+xml' }, body };
  });
}

/** Runs the cases of one test file. */
export interface ChaosSuite {
  /** Prepares a case; its resources are closed after the test. */
  open(row: string, variant: string, casting?: CaseOptions): Promise<CaseRun>;
  /** Reads the good document, then expects a failure that changes nothing. */
  fails(row: string, variant: string, failure: Failure): Promise<{ run: CaseRun; report: SourceReport }>;
  /** Records a case that was run elsewhere. */
  record(row: string, variant: string, note: PollRecord): void;
  /** The cases that were polled at least once, by row and variant. */
  recordedCases(): readonly string[];
}

/** Creates the suite of a theme; prints the table of its results at the end. */
export function createChaosSuite(theme: ChaosTheme): ChaosSuite {
  const processor = createDocumentProcessor();
  const table = new ResultTable();
  const cleanups = useCleanups();
  afterAll(async () => {
    await processor.close();
    process.stdout.write(table.print(theme));
  });

  const open: ChaosSuite['open'] = async (row, variant, casting = {}) => {
    const chaos = await startChaosOrigin();
    cleanups.push(() => chaos.close());
    const neighbour = await startNeighbour();
    cleanups.push(() => neighbour.close());
    const { url, network } = await chaos.prepare(row, variant);
    const sources = [
      chaosSource('chaos', url, casting.source),
      ...(casting.siblings?.(url) ?? []),
      chaosSource('sibling', `${neighbour.url}/feed`, { intervalMs: hourMs }),
    ];
    const harness = await new PollingHarness({
      processor,
      sources,
      network,
      limits: chaosCase(row).limits ?? {},
    }).open();
    cleanups.push(() => harness.close());
    const { dialled = [] } = network;
    return new CaseRun({ harness: harness, chaos, neighbour, dialled, line: table.line(row, variant) });
  };

  return {
    open,
    async fails(row, variant, failure) {
      const run = await open(row, variant);
      const before = await run.readGoodDocument();
      expect(before.validators.etag).toBe(goodValidators.etag);
      return { run, report: await run.expectFailure(failure, before) };
    },
    record: (row, variant, note) => table.line(row, variant).note(note),
    recordedCases: () => table.cases(),
  };
}

/** The cases of a theme, by row and variant. */
export function casesOf(theme: ChaosTheme): readonly string[] {
  return Object.entries(chaosThemes[theme])
    .flatMap(([row, { variants: plays }]) => Object.keys(plays).map((variant) => `${row} ${variant}`))
    .toSorted();
}
