// `npm run soak`: the resume and order models over many seeds, every planted bug with the seed that caught it, and real
// processes that are killed, stopped and cut off under readers of every kind. `--json` prints the figures for machines;
// SOAK_SEEDS and SOAK_DELIVERIES say how much.
import { parseArgs } from 'node:util';
import { plainTable } from '../test/helpers/plain-table.ts';
import { judgeSoak, readersTable } from '../test/helpers/soak/report.ts';
import { runSoak } from '../test/helpers/soak/soak.ts';
import { hunt, plantedBugs, runModels } from '../test/push/helpers/hunt.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const seeds = Number(process.env.SOAK_SEEDS ?? 300);
const deliveries = Number(process.env.SOAK_DELIVERIES ?? 100_000);

/** Shows how far a part is: a line that is written over on a terminal, and tenths elsewhere. */
function progress(what, total) {
  let tenths = 0;
  return (done) => {
    const now = Math.floor((Math.min(done, total) / total) * 10);
    const line = `${what}: ${Math.min(done, total).toLocaleString('en')} of ${total.toLocaleString('en')}`;
    if (process.stderr.isTTY && tenths < 10) process.stderr.write(`\r${line}${now === 10 ? '\n' : ''}`);
    else if (now > tenths) process.stderr.write(`${line}\n`);
    tenths = now;
  };
}

const models = await runModels(seeds, progress('models, seeds', seeds));
const bugs = [];
const onBug = progress('planted bugs', plantedBugs.length);
for (const bug of plantedBugs) {
  bugs.push(await hunt(bug, seeds));
  onBug(bugs.length);
}
const soak = await runSoak({
  deliveries,
  seed: Number(process.env.SOAK_SEED ?? 1),
  leastTroubles: 5,
  killEveryMs: 8000,
  stopEveryMs: 6000,
  onProgress: progress('deliveries', deliveries),
});
const problems = [
  ...models.violations,
  ...bugs.filter(({ seed }) => seed === null).map(({ bug }) => `survived: ${bug}`),
  ...judgeSoak(soak),
];
if (values.json) {
  process.stdout.write(`${JSON.stringify({ models, bugs, soak, problems })}\n`);
} else {
  const { items, resets, connections, committed, violations } = models;
  process.stdout.write(
    plainTable(
      'models of resuming and of order, over the real tail and pump',
      ['seeds', 'items', 'connections', 'resets', 'events of 16 writers', 'wrong'],
      [[seeds, items, connections, resets, committed, violations.length].map(String)],
    ),
  );
  const rows = bugs.map(({ bug, seed, sign }) => [bug, seed === null ? 'SURVIVED' : String(seed), sign.slice(0, 60)]);
  process.stdout.write(plainTable('planted bugs, and the seed that caught each', ['bug', 'seed', 'sign'], rows));
  process.stdout.write(readersTable(soak));
  process.stdout.write(problems.length === 0 ? '\nall is as it must be\n' : `\n${problems.join('\n')}\n`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
