/** A figure of ours beside the floor's of the same run. */
export interface Figure {
  readonly name: string;
  readonly floor: number;
  readonly product: number;
  /** The ratio that should not be exceeded; null: only shown. */
  readonly goal: number | null;
}

/** The middle one; of an even number, the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** A figure of ours beside that of another program that did the same. */
export interface PeerFigure {
  readonly name: string;
  readonly peer: number;
  readonly product: number;
  /** How many times ours the peer's should be at least; null: only shown. */
  readonly goal: number | null;
}

/** Prints figures, their ratio and whether it is within its goal. */
export function printTable(title: string, figures: readonly Figure[]): void {
  const rows = figures.map(({ name, floor, product, goal }) => {
    const ratio = product / floor;
    const verdict = goal === null ? '' : `${ratio <= goal ? 'within' : 'ABOVE'} ${goal}`;
    return [name, shown(floor), shown(product), ratio.toFixed(2), verdict];
  });
  printRows(title, [['', 'floor', 'newswire', 'ratio', 'goal'], ...rows]);
}

/** Prints how much more another program needs than we do. */
export function printPeer(peer: string, figures: readonly PeerFigure[]): void {
  const rows = figures.map(({ name, peer: theirs, product, goal }) => {
    const ratio = theirs / product;
    const verdict = goal === null ? '' : `${ratio >= goal ? 'above' : 'BELOW'} ${goal}`;
    return [name, shown(theirs), shown(product), ratio.toFixed(2), verdict];
  });
  printRows(`the same, done by ${peer}`, [['', peer, 'newswire', 'ratio', 'goal'], ...rows]);
}

/** Prints cells in columns, the first to the left and the others to the right. */
export function printRows(title: string, table: readonly (readonly string[])[]): void {
  const columns = Math.max(...table.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  process.stdout.write(`\n${title}\n`);
  for (const row of table) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    process.stdout.write(`${cells.join('  ')}\n`);
  }
}
