import { setTimeout as sleep } from 'node:timers/promises';
import { type Kind, logBoundsAt, withBenchTarget } from './push/bench-target.ts';
import { cpuPerDelivery, idleKb, type Lateness, lateness, longestBlock, socketsWithin } from './push/measures.ts';
import { readyNchan } from './push/nchan.ts';
import { type LossReport, lostByNchan, lostByNewswire } from './push/reconnect-loss.ts';
import { median, printRows } from './report.ts';

/** A line of the report. */
interface Line {
  readonly name: string;
  readonly floor: number | null;
  /** The baseline with permessage-deflate per connection. */
  readonly deflate: number | null;
  readonly newswire: number;
  /** nginx with nchan, without a goal; null where it was not run or is not comparable. */
  readonly nchan: number | null;
  readonly goal: string;
  /** Null: no goal. */
  readonly met: boolean | null;
}

/** nchan, if it is installed. */
type Peer = readonly ['nchan'] | readonly [];

const highWaterBytes = 64 * 1024;
const frameBytes = 64 * 1024;
const rounds = 3;

interface Storm {
  readonly inside: number;
  readonly behind: number;
  readonly pages: number;
  readonly sockets: number;
}

/** 5,000 clients reconnect within ten seconds: within the buffer, then behind it. */
async function storm(): Promise<Storm> {
  const sockets = socketsWithin(5000);
  return withBenchTarget('newswire', async ({ port, server, readers, open, publish, settle }) => {
    await publish({ commits: 30, events: 500, textBytes: 10 });
    const { epoch, head } = await logBoundsAt(port);
    const readsOf = async (seq: number): Promise<number> => {
      const before = (await server.ask({ do: 'read' })).pageReads;
      // A filter without matches: the whole log is matched, and nothing is sent.
      await open(sockets, { path: `/live?source=none&after=${epoch}-${seq}`, withinMs: 10_000 });
      await settle();
      const { pageReads } = await server.ask({ do: 'read' });
      await readers.ask({ do: 'close' });
      return pageReads - before;
    };
    const inside = await readsOf(head - 5000);
    const behind = await readsOf(1000);
    // The buffer holds the newest 10,000 events; older ones are read in pages of 500.
    return { inside, behind, pages: Math.ceil((head - 10_000 - 1000) / 500) + 1, sockets };
  });
}

/** A client that does not read: its maximum of unsent bytes, and when it is closed. */
async function deafReader(): Promise<{ readonly unsentKb: number; readonly seconds: number }> {
  return withBenchTarget('newswire', async ({ port, server, readers, publish }) => {
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

function ratioLine(name: string, floor: number, newswire: number, most: number, others: Partial<Line> = {}): Line {
  const none = { deflate: null, nchan: null };
  return { ...none, name, floor, newswire, goal: `<= ${most} x floor`, met: newswire <= floor * most, ...others };
}

function absoluteLine(name: string, newswire: number, most: number, others: Partial<Line> = {}): Line {
  const none = { floor: null, deflate: null, nchan: null };
  return { ...none, name, newswire, goal: `<= ${most}`, met: newswire <= most, ...others };
}

/** Alternates the kinds, so that a busy minute of the machine does not affect one of them alone. */
async function byTurns<T>(kinds: readonly Kind[], run: (kind: Kind) => Promise<T>): Promise<(kind: Kind) => T[]> {
  const found = new Map<Kind, T[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const kind of kinds) found.set(kind, [...(found.get(kind) ?? []), await run(kind)]);
  }
  return (kind) => found.get(kind) ?? [];
}

/** A figure of nchan's rounds, if it is run. */
function peerOf<T>(found: readonly T[], figure: (found: readonly T[]) => number): number | null {
  return found.length === 0 ? null : figure(found);
}

async function measureCpu(peer: Peer): Promise<Line[]> {
  const single = await byTurns(['floor', 'newswire', ...peer], (kind) => cpuPerDelivery(kind, 1));
  const coalesced = await byTurns(['newswire'], (kind) => cpuPerDelivery(kind, 16));
  // Once: it does not coalesce and is slow.
  const peerAtOnce = peer.length === 0 ? null : await cpuPerDelivery('nchan', 16);
  const deflate = await cpuPerDelivery('deflate', 1);
  const floor = median(single('floor'));
  const nchan = peerOf(single('nchan'), median);
  return [
    ratioLine('CPU of a delivery of 800 B, us', floor, median(single('newswire')), 1, { deflate, nchan }),
    ratioLine('the same, 16 coalesced, us', floor, median(coalesced('newswire')), 0.25, { nchan: peerAtOnce }),
  ];
}

async function measureLateness(peer: Peer): Promise<Line[]> {
  const late = await byTurns(['floor', 'newswire', ...peer], lateness);
  // The minimum of the rounds: other work on the machine only increases it.
  const least = (kind: Kind, share: keyof Lateness): number => Math.min(...late(kind).map((one) => one[share]));
  const line = (name: string, share: keyof Lateness, others: Partial<Line> = {}): Line =>
    ratioLine(name, least('floor', share), least('newswire', share), 1.2, others);
  const shown = (share: keyof Lateness): Partial<Line> => {
    return { goal: '', met: null, nchan: peerOf(late('nchan'), () => least('nchan', share)) };
  };
  return [
    line('commit to write, 2,000 sockets, 20 items/s, p99 ms', 'p99Ms'),
    line('the same, p50 ms', 'p50Ms', { goal: '', met: null }),
    line('commit to read by a reader, p99 ms', 'receivedP99Ms', shown('receivedP99Ms')),
    line('the same, p50 ms', 'receivedP50Ms', shown('receivedP50Ms')),
  ];
}

async function measureIdle(peer: Peer): Promise<Line[]> {
  const floor = await idleKb('floor', 'ws');
  const deflate = await idleKb('deflate', 'ws');
  const nchan = peer.length === 0 ? null : await idleKb('nchan', 'ws');
  return [
    absoluteLine('idle WebSocket, KB', await idleKb('newswire', 'ws'), 15, { floor, deflate, nchan }),
    absoluteLine('idle stream, KB', await idleKb('newswire', 'sse'), 25),
  ];
}

async function measureBlock(): Promise<Line[]> {
  const sockets = socketsWithin(8000);
  const floor = await longestBlock('floor', sockets);
  const newswire = await longestBlock('newswire', sockets);
  const name = `longest block in a fan-out to ${sockets.toLocaleString('en')}, ms`;
  const met = newswire <= 25 || newswire <= 0.2 * floor;
  return [absoluteLine(name, newswire, 25, { floor, goal: '<= 25, or 0.2 x floor', met })];
}

async function measureLost(peer: Peer): Promise<Line[]> {
  const newswire = await lostByNewswire();
  const nchan = peer.length === 0 ? null : await lostByNchan();
  const line = (name: string, share: keyof LossReport): Line =>
    absoluteLine(name, newswire[share], 0, { nchan: nchan?.[share] ?? null });
  return [
    line('lost to one that missed 100 and returns', 'within'),
    line('lost untold to one that missed 100 more than is kept', 'behind'),
  ];
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

const parts: readonly [string, (peer: Peer) => Promise<Line[]>][] = [
  ['CPU of a delivery', measureCpu],
  ['commit to write', measureLateness],
  ['idle connections', measureIdle],
  ['fan-out', measureBlock],
  ['readers that return', measureLost],
  ['reconnects and deaf readers', measureRest],
];

function shown(value: number | null): string {
  if (value === null) return '';
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function print(lines: readonly Line[]): void {
  const rows = lines.map(({ name, floor, deflate, nchan, newswire, goal, met }) => {
    const ratio = floor === null ? '' : (newswire / floor).toFixed(2);
    return [
      name,
      shown(floor),
      shown(deflate),
      shown(nchan),
      shown(newswire),
      ratio,
      goal,
      met === null ? '' : met ? 'met' : 'MISSED',
    ];
  });
  const table = [['', 'bare ws', 'with deflate', 'nchan', 'newswire', 'ratio', 'goal', ''], ...rows];
  printRows('push, beside a bare ws server with a loop of send(), and nginx with nchan', table);
}

/** Finds nchan; reports why it cannot be run. */
function findPeer(): Peer {
  const found = readyNchan();
  if (!('missing' in found)) return ['nchan'];
  process.stderr.write(`push: nginx with nchan is not run as a peer: ${found.missing}\n`);
  return [];
}

/**
 * Measures pushing against a bare `ws` server, the same with deflate, and nginx with nchan if installed, in the same run.
 */
export async function push(json: boolean): Promise<void> {
  const peer = findPeer();
  const lines: Line[] = [];
  for (const [what, run] of parts) {
    lines.push(...(await run(peer)));
    process.stderr.write(`push: ${what} done\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(lines)}\n`);
  else print(lines);
}
