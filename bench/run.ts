// `npm run bench -- NAME…`: runs benchmarks, each beside its floor in the same run; all when none is named.
import { ingest } from './ingest.ts';
import { parse } from './parse.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = { ingest: () => ingest(), parse: () => parse() };

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  for (const name of asked.length > 0 ? asked : Object.keys(benches)) await benches[name]?.();
}
