import { afterEach, describe, expect, it } from 'vitest';
import { chaosSource } from '../support/chaos/polling-harness.ts';
import { SimulatedNetwork } from '../support/chaos/simulated-network.ts';
import { rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type Origin, type Reply, startOrigin } from '../support/origin.ts';
import { makeHome, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const body = rssDocument({ title: 'News', link: 'https://www.example.org/' }, []);

/** Responses that are delayed until released, and the maximum number delayed at a time. */
class HeldAnswers {
  readonly #go = Promise.withResolvers<void>();
  now = 0;
  most = 0;

  readonly reply: Reply = async () => {
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    await this.#go.promise;
    this.now -= 1;
    return { body };
  };

  letGo(): void {
    this.#go.resolve();
  }
}

async function origin(host?: string): Promise<Origin> {
  const started = await startOrigin(host === undefined ? {} : { host });
  cleanups.push(() => started.close());
  return started;
}

describe('hosts that share an address', () => {
  it('are polled four at a time, while hosts at other addresses continue', async () => {
    const delayed = new HeldAnswers();
    const crowd = await Promise.all(Array.from({ length: 6 }, () => origin()));
    for (const one of crowd) one.on('/feed.xml', delayed.reply);
    const elsewhere = await origin('127.0.0.2');
    elsewhere.on('/feed.xml', { body });
    const lines = crowd.map(({ url }, n) => `  - { url: "${url}/feed.xml", id: crowd-${n} }`);
    const other = `  - { url: "http://127.0.0.2:${elsewhere.port}/feed.xml", id: elsewhere }`;
    const home = makeHome(`sources:\n${[...lines, other].join('\n')}\n`);
    cleanups.push(() => home.remove());
    const server = await startServer(home);
    cleanups.push(() => server.end('SIGKILL'));

    await until('four to be asked', () => delayed.now === 4 || null);
    await until('the other host to be read', () => elsewhere.requests.length === 1 || null);
    await makeDue(home, 'elsewhere');
    await until('the other host to be read again', () => elsewhere.requests.length === 2 || null);
    expect(delayed.now).toBe(4);

    delayed.letGo();
    await until('all to be asked', () => crowd.every(({ requests }) => requests.length === 1) || null);
    expect(delayed.most).toBe(4);
  });

  it('are recognised by the addresses of their names', async () => {
    const delayed = new HeldAnswers();
    const machine = (await origin()).on('/feed', delayed.reply);
    const others = Array.from({ length: 9 }, (_, n) =>
      chaosSource(`tenant-${n}`, `http://tenant-${n}.example.org:${machine.port}/feed`, { headers: {} }),
    );
    const town = await new SimulatedNetwork({
      ...{ speed: 20, healthy: 0, intervalMs: 60_000, sharedAddress: true },
      ...{ others, limits: {} },
    }).open();
    cleanups.push(() => town.close());
    await town.makeOthersDue();
    const running = town.run(3_600_000, () => town.results.length === others.length);
    await until('four to be asked', () => delayed.now === 4 || null);
    const sinceMs = town.clock.monotonic();
    await until('the others to have had the time', () => town.clock.monotonic() - sinceMs > 5_000 || null);
    delayed.letGo();
    await running;

    expect(town.results.map(({ outcome }) => outcome)).toEqual(others.map(() => 'fresh'));
    expect(delayed.most).toBe(4);
  });
});
