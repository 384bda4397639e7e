/** One configuration error: where, what, and the remedy. */
export interface ConfigProblem {
  /** `sources.yaml:14`, or the name of an environment variable. */
  readonly where: string;
  readonly what: string;
  readonly remedy: string;
}

/** Thrown for an invalid configuration. Contains all errors, not only the first. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join('\n'), options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** `sources.yaml:14: url is not http, https or file: "ftp://…". Use an http(s) address.` */
export function formatProblem(problem: ConfigProblem): string {
  return `${problem.where}: ${problem.what}. ${problem.remedy}.`;
}
