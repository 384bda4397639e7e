// `npm run soak`: the resume and order models over many seeds, every planted bug with the seed that caught it, and real
// processes that are killed, stopped and cut off under readers of every kind; then half an hour of a server with
// everything switched on, under a watchdog of its event loop. `--json` prints the figures for machines; `--system` runs
// the last part alone; SOAK_SEEDS, SOAK_DELIVERIES and SOAK_SECONDS say how much.
import { parseArgs } from 'node:util';
import { plainTable } from '../test/support/plain-table.ts';
import { findBug, injectedBugs, runModels } from '../test/support/push/resume-model.ts';
import { runSoak } from '../test/support/soak/soak.ts';
import { readersTable, soakFailures } from '../test/support/soak/soak-report.ts';
import { runSystem } from '../test/support/system/run-system.ts';
import { systemFailures, systemTable } from '../test/support/system/system-report.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, system: { type: 'boolean', default: false } },
});
const seeds = Number(process.env.SOAK_SEEDS ?? 300);
const deliveries = Number(process.env.SOAK_DELIVERIES ?? 100_000);
const seconds = Number(process.env.SOAK_SECONDS ?? 1800);
const seed = Number(process.env.SOAK_SEED ?? 1);

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

/** The models, the planted bugs and the processes that are killed. */
async function soakReaders() {
  const models = await runModels(seeds, progress('models, seeds', seeds));
  const bugs = [];
  const onBug = progress('injected bugs', injectedBugs.length);
  for (const bug of injectedBugs) {
    bugs.push(await findBug(bug, seeds));
    onBug(bugs.length);
  }
  const soak = await runSoak({
    ...{ deliveries, seed, minFaults: 5 },
    ...{ killEveryMs: 8000, stopEveryMs: 6000, onProgress: progress('deliveries', deliveries) },
  });
  const problems = [
    ...models.violations,
    ...bugs.filter((bug) => bug.seed === null).map(({ bug }) => `survived: ${bug}`),
    ...soakFailures(soak),
  ];
  return { models, bugs, soak, problems };
}

function printReaders({ models, bugs, soak }) {
  const { items, resets, connections, committed, violations } = models;
  process.stdout.write(
    plainTable(
      'simulations of resuming and of commit order, over the real tail and fan-out',
      ['seeds', 'items', 'connections', 'resets', 'events of 16 writers', 'violations'],
      [[seeds, items, connections, resets, committed, violations.length].map(String)],
    ),
  );
  const rows = bugs.map((bug) => [
    bug.bug,
    bug.seed === null ? 'NOT DETECTED' : String(bug.seed),
    bug.violation.slice(0, 60),
  ]);
  process.stdout.write(
    plainTable('injected bugs, and the seed that detected each', ['bug', 'seed', 'violation'], rows),
  );
  process.stdout.write(readersTable(soak));
}

/** Everything at once. A restart after a minute, so that nearly all of the time is one process whose memory is watched. */
async function soakSystem() {
  const onProgress = progress('whole system, seconds', seconds);
  const system = await runSystem({ seed, secondsBefore: 60, seconds, idleSeconds: 60, onProgress });
  return { system, problems: systemFailures(system) };
}

const readers = values.system ? null : await soakReaders();
if (readers !== null && !values.json) printReaders(readers);
const whole = await soakSystem();
const problems = [...(readers?.problems ?? []), ...whole.problems];
if (values.json) {
  process.stdout.write(`${JSON.stringify({ ...readers, ...whole, problems })}\n`);
} else {
  process.stdout.write(systemTable(whole.system));
  process.stdout.write(problems.length === 0 ? '\nno failures\n' : `\n${problems.join('\n')}\n`);
}
process.exitCode = problems.length === 0 ? 0 : 1;
