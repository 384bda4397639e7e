import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import RssParser from 'rss-parser';
import type { NormalisedFeed } from '../src/domain/items/item.ts';
import type { NormaliseOptions } from '../src/domain/items/normalise-task.ts';
import { normaliseFeed } from '../src/normalise/normalise-feed.ts';
import { parseFeed } from '../src/parse/parse-feed.ts';
import { createDocumentProcessor } from '../src/server/document-processor.ts';
import { feedDocument } from './documents.ts';
import { type Figure, median, printTable } from './report.ts';
import { StoreBench } from './store-bench.ts';

const rounds = 15;
/** Until the engine has compiled what a worker runs all day: both still grow faster before. */
const warmingUp = 8;
const options = (limit: number): NormaliseOptions => ({
  url: 'https://www.example.org/rss.xml',
  nowMs: 1_790_000_000_000,
  limit,
  keep: null,
  drop: null,
  language: null,
  trust: { dates: true, ids: true },
  known: {},
});

async function digestHere(body: Uint8Array, limit = 500): Promise<NormalisedFeed> {
  const parsed = await parseFeed({ body, contentType: 'application/rss+xml' });
  if (parsed.kind !== 'parsed') throw new Error(`the benchmark's own document is ${parsed.failure}`);
  const digest = normaliseFeed(parsed.feed, options(limit));
  if (digest.kind !== 'digested') throw new Error("the benchmark's own document was not digested");
  return digest;
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** CPU milliseconds a megabyte of rss-parser alone and of the whole digest, in turns. */
async function speed(): Promise<Figure> {
  const bodies = Array.from({ length: 8 }, (_, index) => feedDocument(40_000 + index * 30_000, index + 1));
  const megabytes = bodies.reduce((sum, body) => sum + body.length, 0) / 1e6;
  const floor: number[] = [];
  const product: number[] = [];
  for (let round = 0; round < rounds + warmingUp; round += 1) {
    const alone = await cpuOf(async () => {
      for (const body of bodies) await new RssParser().parseString(new TextDecoder().decode(body));
    });
    const whole = await cpuOf(async () => {
      for (const body of bodies) await digestHere(body);
    });
    if (round >= warmingUp) {
      floor.push(alone / megabytes);
      product.push(whole / megabytes);
    }
  }
  return {
    name: 'CPU ms a MB: whole digest beside rss-parser',
    floor: median(floor),
    product: median(product),
    goal: 1 / 0.4,
  };
}

/**
 * The longest time between two turns of a timer while something goes on. Node's own histogram of the delay does not see
 * a block that begins before its first tick, which is where storing begins.
 */
async function longestBlockMs(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let timer = setTimeout(() => {}, 0);
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    timer = setTimeout(tick, 1);
  };
  tick();
  await new Promise((resolve) => setTimeout(resolve, 20));
  longest = 0;
  await work();
  // One more turn, so that a block at the very end is seen too.
  await new Promise((resolve) => setTimeout(resolve, 20));
  clearTimeout(timer);
  return longest;
}

/** The longest block of the event loop while a 10 MB feed is digested, beside the storing of one batch. */
async function blocks(): Promise<Figure> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-bench-'));
  const digester = createDocumentProcessor();
  const big = feedDocument(10_000_000);
  const storing = await StoreBench.open(path.join(folder, 'newswire.sqlite'));
  const task = { body: big, contentType: 'application/rss+xml', options: options(500) };
  try {
    await digester.digest({ ...task, body: feedDocument(50_000) });
    const batches: number[] = [];
    const digests: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const batch = await digestHere(feedDocument(100_000, round + 10), 50);
      batches.push(await longestBlockMs(() => storing.store(batch)));
      digests.push(await longestBlockMs(() => digester.digest(task)));
    }
    return {
      name: 'longest block ms: 10 MB digest beside storing one batch',
      floor: median(batches),
      product: median(digests),
      goal: 3,
    };
  } finally {
    await digester.close();
    await storing.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How fast documents are digested, and that a large one does not hold the process up. */
export async function parse(): Promise<void> {
  printTable(`parse: medians of ${rounds}`, [await speed(), await blocks()]);
}
