import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { WireEvent } from '../../src/domain/events/wire.ts';
import { type Entry, rssDocument } from '../support/documents.ts';
import { makeDue } from '../support/make-due.ts';
import { type LoggedRequest, type Origin, type Reply, startOrigin } from '../support/origin.ts';
import { type Home, makeHome, runCommand, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const key = Buffer.alloc(32, 5);
const secret = `whsec_${key.toString('base64')}`;
const env = { NEWS_HOOK_SECRET: secret };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A delivery as the receiver gets it. */
interface Delivery {
  readonly type: 'events' | 'reset';
  readonly after?: string;
  readonly cursor: string;
  readonly events?: readonly WireEvent[];
}

const deliveryOf = ({ body }: LoggedRequest): Delivery => JSON.parse(body) as Delivery;

/** Verifies a signature as a receiver does, without our code. */
function isSigned({ headers, body }: LoggedRequest): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  return headers['webhook-signature'] === `v1,${signature}`;
}

/** An origin that is both publisher and receiver, and a folder that declares both. */
async function prepare(): Promise<{ origin: Origin; home: Home; publish(count: number): void }> {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  const publish = (count: number): void => {
    const entries = Array.from(
      { length: count },
      (_, index): Entry => ({
        guid: `report-${index}`,
        title: `Report ${index}`,
        link: `https://www.example.org/reports/${index}`,
        text: `Text of ${index}. `.repeat(200),
      }),
    );
    const body = rssDocument({ title: 'Reports', link: 'https://www.example.org/' }, entries);
    origin.on('/rss.xml', { headers: { 'content-type': 'application/rss+xml' }, body });
  };
  publish(1);
  const home = makeHome(`sources:\n  - { url: "${origin.url}/rss.xml", id: reports }\n`);
  cleanups.push(() => home.remove());
  declare(home, `${origin.url}/hook`);
  return { origin, home, publish };
}

function declare(home: Home, url: string, more = ''): void {
  home.write('hooks.yaml', `webhooks:\n  - { id: hook, url: "${url}", secret: "$\{NEWS_HOOK_SECRET}"${more} }\n`);
}

async function start(home: Home): Promise<ServerProcess> {
  const server = await startServer(home, env);
  cleanups.push(() => server.end('SIGKILL'));
  return server;
}

async function firstRead(server: ServerProcess): Promise<void> {
  await until('the first read', async () =>
    (await (await fetch(`${server.url}/api/items`, { signal: AbortSignal.timeout(10_000) })).text()).includes(
      'Report 0',
    ),
  );
}

async function webhook(home: Home): Promise<Record<string, unknown>> {
  const { stdout } = await runCommand(home, ['webhooks', '--json']);
  const [first = {}] = (JSON.parse(stdout) as { webhooks: Record<string, unknown>[] }).webhooks;
  return first;
}

/** Every seq that a receiver accepted, in that order. */
function accepted(requests: readonly LoggedRequest[]): number[] {
  return requests.flatMap((request) => deliveryOf(request).events?.map(({ seq }) => seq) ?? []);
}

describe('a declared webhook', () => {
  it('receives events signed and in order across kill -9 during a delivery', async () => {
    const { origin, home, publish } = await prepare();
    const taken: LoggedRequest[] = [];
    const hung: LoggedRequest[] = [];
    // Some deliveries are accepted; then one is received completely and never answered.
    const receive: Reply = (request) => {
      if (hung.length === 0 && taken.length >= 2) {
        hung.push(request);
        return undefined;
      }
      taken.push(request);
      return { status: 204 };
    };
    origin.on('/hook', receive);
    const victim = await start(home);
    await firstRead(victim);
    expect(origin.to('/hook')).toEqual([]);

    publish(300);
    await makeDue(home, 'reports');
    await until('a delivery that hangs', () => hung[0]);
    await victim.end('SIGKILL');

    const server = await start(home);
    await until('all events', () => new Set(accepted(taken)).size >= 299 || null);
    const seqs = accepted(taken);
    // No event is lost, all are in order, and only the delivery without a response is repeated.
    expect([...new Set(seqs)]).toEqual(Array.from({ length: 299 }, (_, index) => index + 2));
    expect(seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] ?? 0))).toBe(true);
    expect(accepted(hung)[0]).toBeGreaterThan(1);
    expect([...taken, ...hung].every(isSigned)).toBe(true);
    // Each delivery starts where the previous one ended.
    const chain = taken.map(deliveryOf);
    expect(chain.every(({ after }, index) => index === 0 || after === chain[index - 1]?.cursor)).toBe(true);
    expect(victim.output() + server.output()).not.toContain(key.toString('base64'));
    await until('the state', async () => (await webhook(home))['behind'] === 0 || null);
    expect(await webhook(home)).toMatchObject({ id: 'hook', condition: 'ok', failures: 0 });
  });

  it('is retried after failures, paused by 410, resumed and replayed by command, and changed while the server runs', async () => {
    const { origin, home, publish } = await prepare();
    origin.on(
      '/hook',
      { status: 500 },
      { status: 302, headers: { location: `${origin.url}/elsewhere` } },
      { status: 204 },
    );
    const server = await start(home);
    await firstRead(server);
    publish(2);
    await makeDue(home, 'reports');
    await until('the third try', () => origin.to('/hook')[2]);
    const tries = origin.to('/hook').slice(0, 3);
    expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(origin.to('/elsewhere')).toEqual([]);

    origin.on('/hook', { status: 410 }, { status: 204 });
    publish(3);
    await makeDue(home, 'reports');
    await until('the pause', async () => (await webhook(home))['condition'] === 'paused' || null);
    expect((await runCommand(home, ['webhooks', 'resume', 'hook'])).code).toBe(0);
    await until('the delivery after all', async () => (await webhook(home))['behind'] === 0 || null);

    const asked = origin.to('/hook').length;
    expect((await runCommand(home, ['webhooks', 'replay', 'hook', '--after', 'floor'])).code).toBe(0);
    await until('the replay', () => origin.to('/hook')[asked]);
    // The items of the first read are backfill, which the filter excludes.
    expect(accepted(origin.to('/hook').slice(asked))).toEqual([2, 3]);

    origin.on('/second', { status: 204 });
    declare(home, `${origin.url}/second`, ', filter: { q: "report 4" }');
    await until(
      'the new address to be active',
      async () => String((await webhook(home))['url']).endsWith('/second') || null,
    );
    publish(5);
    await makeDue(home, 'reports');
    const [request] = await until('what the filter wants', () =>
      origin.to('/second').length > 0 ? origin.to('/second') : null,
    );
    const { after, events } = deliveryOf(request as LoggedRequest);
    expect(events).toMatchObject([{ op: 'add', item: { title: 'Report 4' } }]);
    expect(after?.endsWith('-3')).toBe(true);
  });

  it('keeps the server responsive with several webhooks and sources, and SIGTERM stops it', async () => {
    const { origin, home, publish } = await prepare();
    publish(20);
    origin.on('/one', { status: 204 });
    origin.on('/two', { status: 204 });
    const sourceOf = (id: string): string => `  - { url: "${origin.url}/rss.xml?${id}", id: ${id}, interval: 1m }\n`;
    home.write('sources.yaml', `sources:\n${['reports', 'second', 'third'].map(sourceOf).join('')}`);
    const hookOf = (id: string): string =>
      `  - { id: ${id}, url: "${origin.url}/${id}", secret: "$\{NEWS_HOOK_SECRET}" }\n`;
    home.write('hooks.yaml', `webhooks:\n${hookOf('one')}${hookOf('two')}`);
    const server = await start(home);
    await firstRead(server);
    for (let round = 1; round <= 5; round += 1) {
      publish(20 + round);
      await makeDue(home, 'reports');
      for (const hook of ['/one', '/two'])
        await until(`delivery ${round} to ${hook}`, () => accepted(origin.to(hook)).length >= round || null);
      const healthz = await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(5000) });
      expect(healthz.status).toBe(200);
    }
    for (const hook of ['/one', '/two']) {
      const seqs = accepted(origin.to(hook));
      expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    }
    const ended = await Promise.race([server.end(), new Promise((resolve) => setTimeout(resolve, 15_000, 'running'))]);
    expect(ended).toBe(0);
  });

  it('is never sent to a private address that is not allowed', async () => {
    const { origin, home, publish } = await prepare();
    origin.on('/hook', { status: 204 });
    declare(home, 'http://169.254.169.254/hook');
    const server = await start(home);
    await firstRead(server);
    publish(2);
    await makeDue(home, 'reports');
    const failing = await until('the failure', async () => {
      const state = await webhook(home);
      return state['condition'] === 'failing' ? state : null;
    });
    expect(failing['detail']).toMatch(/^blocked_address: /);
  });
});
