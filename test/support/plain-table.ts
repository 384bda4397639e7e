/** A table in plain text: a title, a row of column names, and columns as wide as their longest cell. */
export function plainTable(title: string, header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)));
  const lines = all.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return `\n${title}\n${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}
