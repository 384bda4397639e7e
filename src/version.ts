import { readFileSync } from 'node:fs';

/** Of package.json, which stands one level above `src` in a clone and two above `dist/src` in what is run. */
export const version = readVersion();

function readVersion(): string {
  const level = import.meta.url.endsWith('.ts') ? '../package.json' : '../../package.json';
  const { version } = JSON.parse(readFileSync(new URL(level, import.meta.url), 'utf8')) as { version: string };
  return version;
}
