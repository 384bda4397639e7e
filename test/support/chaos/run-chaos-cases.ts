import { afterAll, afterEach, expect } from 'vitest';
import type { Item } from '../../../src/domain/items/item.ts';
import type { Failure, Validators } from '../../../src/domain/polling/fetch-outcome.ts';
import type { Source } from '../../../src/domain/polling/source.ts';
import { createDocumentProcessor } from '../../../src/server/document-processor.ts';
import type { SourceReport } from '../../../src/store/sources/source-reports.ts';
import { rssDocument } from '../documents.ts';
import { type Origin, startOrigin } from '../origin.ts';
import { goodValidators } from './chaos-case.ts';
import { type ChaosOrigin, type ChaosTheme, chaosCase, chaosThemes, startChaosOrigin } from './chaos-origin.ts';
import { Stage, stageSecret, stageSource, type Turn } from './polling-harness.ts';
import { Table, type TableLine, type TableNote } from './result-table.ts';

const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** The stage's random number is always a half: half of the jitter of a tenth. */
const jitter = 1.05;
const longestBlockMs = 1_000;

/** What must survive a hostile answer. */
export interface Keepsake {
  readonly items: readonly Item[];
  readonly validators: Validators;
  readonly bodyHash: string | null;
  readonly movedTo: string | null;
  readonly url: string;
  readonly title: string;
  /** Output feeds of the source, and their ETags. */
  readonly feeds: readonly { readonly etag: string | null; readonly text: string }[];
}

/** Which sources take part in a turn, and when it is. */
export interface TurnOptions {
  /** Wall clock; absent: as soon as all of them are due. */
  readonly atMs?: number;
  readonly of?: readonly string[];
}

/** How a case differs from the usual one. */
export interface Casting {
  readonly source?: Partial<Source>;
  /** Sources of the case's own host beside it. */
  readonly mates?: (url: string) => readonly Source[];
}

/** A case on its stage, with a healthy neighbour. The source of the case is `chaos`, the neighbour `sibling`. */
export class Performance {
  readonly #line: TableLine;
  readonly stage: Stage;
  readonly chaos: ChaosOrigin;
  readonly neighbour: Origin;
  /** See `Network`. */
  readonly dialled: readonly string[];

  constructor(parts: Pick<Performance, 'stage' | 'chaos' | 'neighbour' | 'dialled'> & { readonly line: TableLine }) {
    this.#line = parts.line;
    this.stage = parts.stage;
    this.chaos = parts.chaos;
    this.neighbour = parts.neighbour;
    this.dialled = parts.dialled;
  }

  /** One turn of the loop, with everything that must hold in any turn. */
  async turn(options: TurnOptions = {}): Promise<Turn> {
    const { stage } = this;
    const of = options.of ?? ['chaos', 'sibling'];
    const due = await Promise.all(of.map(async (id) => (await stage.report(id)).nextCheckMs));
    stage.nowMs = options.atMs ?? Math.max(stage.nowMs, ...due);
    const turn = await stage.turn(of);
    const onTime = !of.includes('sibling') || (await this.#siblingIsOnTime());
    const { p99Ms, blockMs } = turn.delay;
    this.#line.note({ said: said(await this.report()), p99Ms, onTime });
    expect(stage.faults).toEqual([]);
    expect(blockMs).toBeLessThan(longestBlockMs);
    expect(onTime).toBe(true);
    expect(this.chaos.canary.requests).toEqual([]);
    expect(JSON.stringify([await stage.report('chaos'), stage.said])).not.toContain(stageSecret);
    expect((await stage.get('/feed.rss')).status).toBe(200);
    return turn;
  }

  /** Whether the neighbour's newest story is stored and its next check is as planned, whatever goes on beside it. */
  async #siblingIsOnTime(): Promise<boolean> {
    const report = await this.stage.report('sibling');
    const items = await this.stage.items('sibling');
    return (
      report.outcome === 'fresh' &&
      report.lastAttemptMs === this.stage.nowMs &&
      report.nextCheckMs === this.stage.nowMs + hourMs * jitter &&
      report.nextCheckWhy === 'interval as declared 1 h' &&
      items.some((item) => item.title === siblingTitle(this.neighbour.requests.length))
    );
  }

  report(): Promise<SourceReport> {
    return this.stage.report('chaos');
  }

  items(): Promise<readonly Item[]> {
    return this.stage.items('chaos');
  }

  async notes(): Promise<readonly string[]> {
    return (await this.report()).notes;
  }

  async keepsake(): Promise<Keepsake> {
    const { validators, bodyHash, movedTo } = await this.stage.state('chaos');
    const { url, title } = await this.report();
    const feeds = await Promise.all(
      ['rss', 'atom', 'json'].map(async (format) => {
        const { status, etag, text } = await this.stage.get(`/sources/chaos/feed.${format}`);
        expect(status).toBe(200);
        return { etag, text };
      }),
    );
    return { items: await this.items(), validators, bodyHash, movedTo, url, title, feeds };
  }

  /** Checks that everything is as it was. */
  async expectKept(before: Keepsake): Promise<void> {
    expect(await this.keepsake()).toEqual(before);
  }

  /** The first turn: the good document is read. */
  async opening(): Promise<Keepsake> {
    await this.turn();
    expect(await this.report()).toMatchObject({ outcome: 'fresh', failures: 0 });
    const before = await this.keepsake();
    expect(before.items.map((item) => item.title)).toEqual([3, 2, 1].map((n) => `Story ${n} of the herald`));
    return before;
  }

  /** The hostile turn of most cases: nothing is taken, the failure is recorded, the back-off begins. */
  async failing(failure: Failure, before: Keepsake): Promise<SourceReport> {
    await this.turn();
    await this.expectKept(before);
    const report = await this.report();
    const { nowMs } = this.stage;
    expect(report).toMatchObject({ outcome: 'failed', failure, failures: 1, firstFailedMs: nowMs });
    // One clean line for a person, that says what to do.
    expect(report.detail).toMatch(/^[\x20-\x7e\u00a0-\uffff]{10,300}$/);
    expect(report.nextCheckWhy).toBe('back-off after 1 failure');
    expect(report.nextCheckMs).toBe(nowMs + 0.75 * hourMs);
    return report;
  }
}

function said({ outcome, failure, notes }: SourceReport): string {
  return [outcome ?? 'never read', failure, ...notes].filter((word) => word !== null).join(' ');
}

function siblingTitle(edition: number): string {
  return `Edition ${edition} of the neighbour`;
}

/** Has a new story at each request. */
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

/** Where the cases of one file are played. */
export interface Theatre {
  /** Sets a case up; what it opens is closed after the test. */
  open(row: string, variant: string, casting?: Casting): Promise<Performance>;
  /** The good document first, then an answer of which nothing may be taken. */
  fails(row: string, variant: string, failure: Failure): Promise<{ show: Performance; report: SourceReport }>;
  /** Writes a case into the table that was played elsewhere. */
  tell(row: string, variant: string, note: TableNote): void;
  /** The cases that were played for a turn at least, by row and variant. */
  played(): readonly string[];
}

/** Sets up what the tests of a theme share; prints the table of its cases at the end. */
export function createTheatre(theme: ChaosTheme): Theatre {
  const digester = createDocumentProcessor();
  const table = new Table();
  const closing: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(async () => {
    await digester.close();
    process.stdout.write(table.print(theme));
  });

  const open: Theatre['open'] = async (row, variant, casting = {}) => {
    const chaos = await startChaosOrigin();
    closing.push(() => chaos.close());
    const neighbour = await startNeighbour();
    closing.push(() => neighbour.close());
    const { url, network } = await chaos.play(row, variant);
    const sources = [
      stageSource('chaos', url, casting.source),
      ...(casting.mates?.(url) ?? []),
      stageSource('sibling', `${neighbour.url}/feed`, { intervalMs: hourMs }),
    ];
    const stage = await new Stage({ digester, sources, network, limits: chaosCase(row).limits ?? {} }).open();
    closing.push(() => stage.close());
    const { dialled = [] } = network;
    return new Performance({ stage, chaos, neighbour, dialled, line: table.line(row, variant) });
  };

  return {
    open,
    async fails(row, variant, failure) {
      const show = await open(row, variant);
      const before = await show.opening();
      expect(before.validators.etag).toBe(goodValidators.etag);
      return { show, report: await show.failing(failure, before) };
    },
    tell: (row, variant, note) => table.line(row, variant).note(note),
    played: () => table.cases(),
  };
}

/** The cases of a theme, by row and variant. */
export function casesOf(theme: ChaosTheme): readonly string[] {
  return Object.entries(chaosThemes[theme])
    .flatMap(([row, { plays }]) => Object.keys(plays).map((variant) => `${row} ${variant}`))
    .toSorted();
}
