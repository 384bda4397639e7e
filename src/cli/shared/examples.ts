/** The end of a command's help. @param lines the arguments after `newswire`. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ newswire ${line}`).join('\n')}`;
}
