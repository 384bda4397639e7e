/** A measurement of Newswire and of the baseline in the same run. */
export interface Figure {
  readonly name: string;
  readonly floor: number;
  readonly product: number;
  /** The maximum ratio; null: for information. */
  readonly goal: number | null;
}

/** The median; of an even number of values, the lower middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

/** A measurement of Newswire and of another program with the same task. */
export interface PeerFigure {
  readonly name: string;
  readonly peer: number;
  readonly product: number;
  /** The minimum ratio of the other program to Newswire; null: for information. */
  readonly goal: number | null;
}

/** Prints measurements, their ratio and whether it meets its goal. */
export function printTable(title: string, figures: readonly Figure[]): void {
  const rows = figures.map(({ name, floor, product, goal }) => {
    const ratio = product / floor;
    const verdict = goal === null ? '' : `${ratio <= goal ? 'within' : 'ABOVE'} ${goal}`;
    return [name, shown(floor), shown(product), ratio.toFixed(2), verdict];
  });
  printRows(title, [['', 'baseline', 'newswire', 'ratio', 'goal'], ...rows]);
}

/** Prints how much more another program uses than Newswire. */
export function printPeer(peer: string, figures: readonly PeerFigure[]): void {
  const rows = figures.map(({ name, peer: theirs, product, goal }) => {
    const ratio = theirs / product;
    const verdict = goal === null ? '' : `${ratio >= goal ? 'above' : 'BELOW'} ${goal}`;
    return [name, shown(theirs), shown(product), ratio.toFixed(2), verdict];
  });
  printRows(`the same, done by ${peer}`, [['', peer, 'newswire', 'ratio', 'goal'], ...rows]);
}

/** Prints a table: the first column left-aligned, the others right-aligned. */
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
