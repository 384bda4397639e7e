/** The examples at the end of the help of a command. */
export function formatExamples(commands: readonly string[]): string {
  return `\nExamples:\n${commands.map((command) => `  ${command}\n`).join('')}`;
}
