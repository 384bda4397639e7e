// `npm run bench -- NAME…`: runs benchmarks, each with its baseline in the same run; without a name, all of them. Options
// after `push`, `serve` or `fill` are passed to it.
import { fill } from './fill.ts';
import { idle } from './idle.ts';
import { ingest } from './ingest.ts';
import { parse } from './parse.ts';
import { push } from './push.ts';
import { serve } from './serve.ts';

/** The benchmarks that run without a name. */
const benches: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  idle: () => idle(),
  ingest: () => ingest(),
  parse: () => parse(),
  push: (args) => push(args.includes('--json')),
  serve,
};
const named = { ...benches, fill };

const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith('--'));
const asked = firstOption < 0 ? words : words.slice(0, firstOption);
const options = firstOption < 0 ? [] : words.slice(firstOption);
const unknown = asked.filter((name) => !(name in named));
if (unknown.length > 0) {
  process.stderr.write(`Unknown benchmark: ${unknown.join(', ')}. Available: ${Object.keys(named).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  for (const name of asked.length > 0 ? asked : Object.keys(benches))
    await named[name as keyof typeof named]?.(options);
}
