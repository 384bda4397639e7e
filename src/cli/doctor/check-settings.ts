import { type Environment, readFeedsDir, readSettings, type Settings } from '../../config/environment/environment.ts';
import { findMisspeltVariables } from '../../config/environment/misspelt-variables.ts';
import { readDeclarations } from '../../config/read-declarations.ts';
import { ConfigError } from '../../domain/config-error.ts';
import type { Declarations } from '../../domain/polling/source.ts';
import { type Finding, ok, toFindings, warning } from './finding.ts';

/** A value with the findings about it; null: it is invalid. */
export interface Checked<T> {
  readonly value: T | null;
  readonly findings: readonly Finding[];
}

/** The environment variables. */
export function checkEnvironment(env: Environment): Checked<Settings> {
  const misspelt = findMisspeltVariables(env).map(({ name, meant }) =>
    warning('environment', `the variable ${name} is unknown`, `Rename it to ${meant}, or remove it`),
  );
  try {
    const value = readSettings(env);
    const findings = misspelt.length > 0 ? misspelt : [ok('environment', 'all variables are valid')];
    return { value, findings };
  } catch (error) {
    return { value: null, findings: [...toFindings('environment', error), ...misspelt] };
  }
}

/** The declarations in FEEDS_DIR. */
export async function checkDeclarations(env: Environment): Promise<Checked<Declarations>> {
  const folder = readFeedsDir(env);
  try {
    const value = await readDeclarations(folder, env);
    return { value, findings: [describe(value, folder)] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { value: null, findings: toFindings('feeds', error) };
  }
}

function describe({ sources, webhooks }: Declarations, folder: string): Finding {
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
  const detail = `${count(sources.length, 'source')} and ${count(webhooks.length, 'webhook')} in ${folder}`;
  if (sources.length > 0) return ok('feeds', detail);
  return warning('feeds', detail, 'Declare a source with "newswire add URL"');
}
