import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import RssParser from 'rss-parser';
import type { NormalisedFeed } from '../src/domain/items/item.ts';
import type { NormaliseOptions } from '../src/domain/items/normalise-task.ts';
import { normaliseFeed } from '../src/normalise/normalise-feed.ts';
import { parseFeed } from '../src/parse/parse-feed.ts';
import { createDocumentProcessor } from '../src/server/stages/document-processor.ts';
import { feedDocument } from './documents.ts';
import { type Figure, median, printTable } from './report.ts';
import { StoreBench } from './store-bench.ts';

const rounds = 15;
/** Rounds before V8 has compiled the hot code of both. */
const warmUpRounds = 8;
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

async function normalise(body: Uint8Array, limit = 500): Promise<NormalisedFeed> {
  const parsed = await parseFeed({ body, contentType: 'application/rss+xml' });
  if (parsed.kind !== 'parsed') throw new Error(`the benchmark's own document is ${parsed.failure}`);
  const normalised = normaliseFeed(parsed.feed, options(limit));
  if (normalised.kind !== 'normalised') throw new Error("the benchmark's own document was not normalised");
  return normalised;
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** CPU milliseconds per megabyte of rss-parser alone and of parsing and normalising, alternating. */
async function speed(): Promise<Figure> {
  const bodies = Array.from({ length: 8 }, (_, index) => feedDocument(40_000 + index * 30_000, index + 1));
  const megabytes = bodies.reduce((sum, body) => sum + body.length, 0) / 1e6;
  const floor: number[] = [];
  const product: number[] = [];
  for (let round = 0; round < rounds + warmUpRounds; round += 1) {
    const floorMs = await cpuOf(async () => {
      for (const body of bodies) await new RssParser().parseString(new TextDecoder().decode(body));
    });
    const productMs = await cpuOf(async () => {
      for (const body of bodies) await normalise(body);
    });
    if (round >= warmUpRounds) {
      floor.push(floorMs / megabytes);
      product.push(productMs / megabytes);
    }
  }
  return {
    name: 'CPU ms per MB: parse and normalise, floor rss-parser',
    floor: median(floor),
    product: median(product),
    goal: 1 / 0.4,
  };
}

/**
 * The longest time that `work` blocks the event loop. The delay histogram of Node misses a block that begins before its
 * first tick, as that of storing does.
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
  // One more tick, to measure a block at the end, too.
  await new Promise((resolve) => setTimeout(resolve, 20));
  clearTimeout(timer);
  return longest;
}

/** The longest block of the event loop while a 10 MB feed is processed, compared with storing one batch. */
async function blocks(): Promise<Figure> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-bench-'));
  const processor = createDocumentProcessor();
  const big = feedDocument(10_000_000);
  const storing = await StoreBench.open(path.join(folder, 'newswire.sqlite'));
  const task = { body: big, contentType: 'application/rss+xml', options: options(500) };
  try {
    await processor.normalise({ ...task, body: feedDocument(50_000) });
    const batchBlocksMs: number[] = [];
    const blocksMs: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const batch = await normalise(feedDocument(100_000, round + 10), 50);
      batchBlocksMs.push(await longestBlockMs(() => storing.store(batch)));
      blocksMs.push(await longestBlockMs(() => processor.normalise(task)));
    }
    return {
      name: 'longest block ms: 10 MB feed, floor storing one batch',
      floor: median(batchBlocksMs),
      product: median(blocksMs),
      goal: 3,
    };
  } finally {
    await processor.close();
    await storing.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Measures how fast documents are processed, and that a large one does not block the event loop. */
export async function parse(): Promise<void> {
  printTable(`parse: medians of ${rounds}`, [await speed(), await blocks()]);
}
