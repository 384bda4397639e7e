import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kind, withStage } from './push/stage.ts';
import { median } from './report.ts';

/** A line of the report. */
interface Line {
  readonly name: string;
  readonly floor: number | null;
  /** The floor with permessage-deflate for each connection. */
  readonly deflate: number | null;
  readonly newswire: number;
  readonly goal: string;
  /** Null: only shown. */
  readonly met: boolean | null;
}

const highWaterBytes = 64 * 1024;
const frameBytes = 64 * 1024;
const rounds = 3;

/** Sockets that the limits of open files of both ends allow, up to a wish. */
function socketsWithin(wish: number): number {
  const limit = Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024);
  return Math.min(wish, limit - 200);
}

/** Without what storing or making the messages costs, which is measured with nobody there. */
async function cpuPerDelivery(kind: Kind, events: number): Promise<number> {
  const sockets = 1000;
  const commits = 100;
  return withStage(kind, async ({ server, open, publish, settle }) => {
    const cpuOf = async (): Promise<number> => {
      await publish({ commits: 20, events, everyMs: 40 });
      await settle();
      await server.ask({ do: 'reset' });
      await publish({ commits, events, everyMs: 60 });
      await settle();
      return (await server.ask({ do: 'read' })).cpuMs;
    };
    const alone = await cpuOf();
    await open(sockets);
    return (((await cpuOf()) - alone) * 1000) / (sockets * commits * events);
  });
}

async function commitToWrite(kind: Kind): Promise<{ readonly p50Ms: number; readonly p99Ms: number }> {
  return withStage(kind, async ({ server, open, publish, settle }) => {
    await open(2000);
    await publish({ commits: 20, everyMs: 50 });
    await settle();
    await server.ask({ do: 'reset' });
    await publish({ commits: 100, everyMs: 50 });
    await settle();
    return server.ask({ do: 'read' });
  });
}

async function idleKb(kind: Kind, transport: 'ws' | 'sse'): Promise<number> {
  const sockets = socketsWithin(4000);
  return withStage(kind, async ({ server, open, settle }) => {
    const path = transport === 'ws' ? '/live?after=head' : '/events?after=head';
    const rss = async (): Promise<number> => {
      await settle();
      await server.ask({ do: 'read' });
      return (await server.ask({ do: 'read' })).rssKb;
    };
    // What the first ones warm up is nobody's memory.
    await open(500, { path, transport });
    const before = await rss();
    await open(sockets, { path, transport });
    return ((await rss()) - before) / sockets;
  });
}

async function longestBlock(kind: Kind, sockets: number): Promise<number> {
  return withStage(kind, async ({ server, open, publish, settle }) => {
    await open(sockets, { withinMs: sockets });
    await publish({ commits: 3, everyMs: 700 });
    await settle();
    const found: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await server.ask({ do: 'reset' });
      await sleep(200);
      await publish({ commits: 1 });
      await settle();
      found.push((await server.ask({ do: 'read' })).longestMs);
    }
    return median(found);
  });
}

interface Storm {
  readonly inside: number;
  readonly behind: number;
  readonly pages: number;
  readonly sockets: number;
}

/** 5,000 readers come back in ten seconds: within the ring, then behind it. */
async function storm(): Promise<Storm> {
  const sockets = socketsWithin(5000);
  return withStage('newswire', async ({ port, server, readers, open, publish, settle }) => {
    await publish({ commits: 30, events: 500, textBytes: 10 });
    const { epoch, head } = await placeOf(port);
    const readsOf = async (seq: number): Promise<number> => {
      const before = (await server.ask({ do: 'read' })).pageReads;
      // A filter that nothing matches: the log is looked at in whole, and nothing is sent.
      await open(sockets, { path: `/live?source=none&after=${epoch}-${seq}`, withinMs: 10_000 });
      await settle();
      const { pageReads } = await server.ask({ do: 'read' });
      await readers.ask({ do: 'close' });
      return pageReads - before;
    };
    const inside = await readsOf(head - 5000);
    const behind = await readsOf(1000);
    // The ring holds the newest 10,000; what lies between is read in pages of 500.
    return { inside, behind, pages: Math.ceil((head - 10_000 - 1000) / 500) + 1, sockets };
  });
}

async function placeOf(port: number): Promise<{ readonly epoch: string; readonly head: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/api/events?limit=1`);
  return (await response.json()) as { epoch: string; head: number };
}

/** One reader that reads nothing: what is unsent to it at most, and when it is ended. */
async function deafReader(): Promise<{ readonly unsentKb: number; readonly seconds: number }> {
  return withStage('newswire', async ({ port, server, readers, publish }) => {
    const deaf = await readers.ask({ do: 'deaf', port, path: '/live?after=head' });
    await sleep(500);
    const unsent = async (): Promise<number> => (await server.ask({ do: 'unsent', port: deaf.port })).unsent;
    let most = 0;
    let fullAtMs = 0;
    for (let round = 0; round < 400; round += 1) {
      await publish({ commits: 1, events: 8, textBytes: 30_000 });
      most = Math.max(most, await unsent());
      if (most >= highWaterBytes && fullAtMs === 0) fullAtMs = performance.now();
      if (fullAtMs > 0 && performance.now() - fullAtMs > 3000) break;
    }
    while ((await unsent()) >= 0 && performance.now() - fullAtMs < 60_000) await sleep(100);
    return { unsentKb: most / 1024, seconds: (performance.now() - fullAtMs) / 1000 };
  });
}

function ratioLine(name: string, floor: number, newswire: number, most: number, deflate: number | null = null): Line {
  return { name, floor, deflate, newswire, goal: `<= ${most} x floor`, met: newswire <= floor * most };
}

function absoluteLine(name: string, newswire: number, most: number, others: Partial<Line> = {}): Line {
  return { name, floor: null, deflate: null, newswire, goal: `<= ${most}`, met: newswire <= most, ...others };
}

/** Each kind by turns, so that a busy minute of the machine does not fall on one of them alone. */
async function byTurns<T>(kinds: readonly Kind[], run: (kind: Kind) => Promise<T>): Promise<(kind: Kind) => T[]> {
  const found = new Map<Kind, T[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of kinds) found.set(kind, [...(found.get(kind) ?? []), await run(kind)]);
  }
  return (kind) => found.get(kind) ?? [];
}

async function measureCpu(): Promise<Line[]> {
  const single = await byTurns(['floor', 'newswire'], (kind) => cpuPerDelivery(kind, 1));
  const coalesced = await byTurns(['newswire'], (kind) => cpuPerDelivery(kind, 16));
  const deflated = await cpuPerDelivery('deflate', 1);
  const floor = median(single('floor'));
  return [
    ratioLine('CPU of a delivery of 800 B, us', floor, median(single('newswire')), 1, deflated),
    ratioLine('the same, 16 coalesced, us', floor, median(coalesced('newswire')), 0.25),
  ];
}

async function measureLateness(): Promise<Line[]> {
  const late = await byTurns(['floor', 'newswire'], commitToWrite);
  // The least of the rounds: other work on the machine only ever adds.
  const least = (kind: Kind, share: 'p50Ms' | 'p99Ms'): number => Math.min(...late(kind).map((one) => one[share]));
  const line = (name: string, share: 'p50Ms' | 'p99Ms'): Line =>
    ratioLine(name, least('floor', share), least('newswire', share), 1.2);
  return [
    line('commit to write, 2,000 sockets, 20 items/s, p99 ms', 'p99Ms'),
    { ...line('the same, p50 ms', 'p50Ms'), goal: '', met: null },
  ];
}

async function measureIdle(): Promise<Line[]> {
  const floor = await idleKb('floor', 'ws');
  const deflate = await idleKb('deflate', 'ws');
  return [
    absoluteLine('idle WebSocket, KB', await idleKb('newswire', 'ws'), 15, { floor, deflate }),
    absoluteLine('idle stream, KB', await idleKb('newswire', 'sse'), 25),
  ];
}

async function measureBlock(): Promise<Line[]> {
  const sockets = socketsWithin(8000);
  const floor = await longestBlock('floor', sockets);
  const newswire = await longestBlock('newswire', sockets);
  const name = `longest block in a fan-out to ${sockets.toLocaleString('en')}, ms`;
  const met = newswire <= 25 || newswire <= 0.2 * floor;
  return [{ name, floor, deflate: null, newswire, goal: '<= 25, or 0.2 x floor', met }];
}

async function measureRest(): Promise<Line[]> {
  const back = await storm();
  const deaf = await deafReader();
  return [
    absoluteLine(`${back.sockets.toLocaleString('en')} reconnects within the ring, database reads`, back.inside, 0),
    absoluteLine('the same behind it, one read a page', back.behind, back.pages),
    absoluteLine('unsent to one that reads nothing, KB', deaf.unsentKb, (highWaterBytes + frameBytes) / 1024),
    absoluteLine('until it is ended, 30 s and 2 of goodbye, s', deaf.seconds, 33),
  ];
}

const parts: readonly [string, () => Promise<Line[]>][] = [
  ['CPU of a delivery', measureCpu],
  ['commit to write', measureLateness],
  ['idle connections', measureIdle],
  ['fan-out', measureBlock],
  ['reconnects and deaf readers', measureRest],
];

function shown(value: number | null): string {
  if (value === null) return '';
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function print(lines: readonly Line[]): void {
  const rows = lines.map(({ name, floor, deflate, newswire, goal, met }) => {
    const ratio = floor === null ? '' : (newswire / floor).toFixed(2);
    return [
      name,
      shown(floor),
      shown(deflate),
      shown(newswire),
      ratio,
      goal,
      met === null ? '' : met ? 'met' : 'MISSED',
    ];
  });
  const table = [['', 'bare ws', 'with deflate', 'newswire', 'ratio', 'goal', ''], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  process.stdout.write('\npush, beside a bare ws server with a loop of send()\n');
  for (const row of table) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    process.stdout.write(`${cells.join('  ')}\n`);
  }
}

/** Measures pushing beside its floor in the same run: a bare `ws` server, and the same with deflate. */
export async function push(json: boolean): Promise<void> {
  const lines: Line[] = [];
  for (const [what, run] of parts) {
    lines.push(...(await run()));
    process.stderr.write(`push: ${what} done\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(lines)}\n`);
  else print(lines);
}
