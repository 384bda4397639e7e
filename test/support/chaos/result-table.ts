/** The result of one poll of a case. */
export interface PollRecord {
  /** What was recorded on the source. */
  readonly recorded: string;
  /** Delay of the event loop, 99th percentile. */
  readonly p99Ms: number;
  /** Whether the neighbour was polled on time. */
  readonly onTime: boolean;
}

/** The row of a case: what was recorded at each poll, and the worst delay. */
export class ResultRow {
  readonly row: string;
  readonly variant: string;
  readonly #recorded: string[] = [];
  #p99Ms = 0;
  #onTime = true;

  constructor(row: string, variant: string) {
    this.row = row;
    this.variant = variant;
  }

  note({ recorded, p99Ms, onTime }: PollRecord): void {
    if (this.#recorded.at(-1) !== recorded) this.#recorded.push(recorded);
    this.#p99Ms = Math.max(this.#p99Ms, p99Ms);
    this.#onTime &&= onTime;
  }

  get hasRecords(): boolean {
    return this.#recorded.length > 0;
  }

  cells(): readonly string[] {
    const { row, variant } = this;
    return [row, variant, `${this.#p99Ms.toFixed(1)} ms`, this.#onTime ? 'yes' : 'NO', this.#recorded.join(' > ')];
  }
}

const header = ['case', 'variant', 'p99', 'others on time', 'recorded'];

/** The results of all cases, one row each. */
export class ResultTable {
  readonly #lines: ResultRow[] = [];

  line(row: string, variant: string): ResultRow {
    const line = new ResultRow(row, variant);
    this.#lines.push(line);
    return line;
  }

  /** The cases with results, by row and variant. */
  cases(): readonly string[] {
    return [...new Set(this.#played().map(({ row, variant }) => `${row} ${variant}`))].sort();
  }

  print(title: string): string {
    const rows = [header, ...this.#played().map((line) => line.cells())];
    const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
    const lines = rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
    return `\n${title}\n${lines.map((line) => line.trimEnd()).join('\n')}\n`;
  }

  #played(): readonly ResultRow[] {
    return this.#lines.filter((line) => line.hasRecords).toSorted((a, b) => a.row.localeCompare(b.row));
  }
}
