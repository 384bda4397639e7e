import { readFileSync } from 'node:fs';

/** The version in package.json, which is two levels above this file in a clone and three in a build. */
export const version = readVersion();

function readVersion(): string {
  const level = import.meta.url.endsWith('.ts') ? '../../package.json' : '../../../package.json';
  const { version } = JSON.parse(readFileSync(new URL(level, import.meta.url), 'utf8')) as { version: string };
  return version;
}
