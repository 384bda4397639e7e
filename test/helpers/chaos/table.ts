/** What is told of a case in the end. */
export interface TableRow {
  readonly row: string;
  readonly variant: string;
  /** What was recorded on the source. */
  readonly said: string;
  /** Delay of the event loop, 99th percentile. */
  readonly p99Ms: number;
  /** Whether the neighbour's schedule was kept. */
  readonly onTime: boolean;
}

const widths = [5, 24, 60, 9];

/** The outcomes of all cases that were played, one line each. */
export class Table {
  readonly #rows = new Map<string, TableRow>();

  /** A turn of a case: what was recorded last counts, and the worst of all else. */
  note(turn: TableRow): void {
    const key = `${turn.row} ${turn.variant}`;
    const before = this.#rows.get(key);
    const p99Ms = Math.max(turn.p99Ms, before?.p99Ms ?? 0);
    this.#rows.set(key, { ...turn, p99Ms, onTime: turn.onTime && before?.onTime !== false });
  }

  /** Names of the rows that were played. */
  rows(): readonly string[] {
    return [...new Set([...this.#rows.values()].map(({ row }) => row))].sort();
  }

  print(title: string): string {
    const lines = [...this.#rows.values()].map(({ row, variant, said, p99Ms, onTime }) =>
      line([row, variant, said, `${p99Ms.toFixed(1)} ms`, onTime ? 'yes' : 'NO']),
    );
    const header = line(['case', title, 'recorded last', 'p99', 'others on time']);
    return `\n${[header, ...lines].join('\n')}\n`;
  }
}

function line(cells: readonly string[]): string {
  return cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' ');
}
