import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listAlerts } from '../../../src/cli/commands/alerts-command.ts';
import { runCommand } from '../../../src/cli/program.ts';
import { writeReceiverState } from '../../../src/store/alerts/alert-deliveries.ts';
import { writeIncidents } from '../../../src/store/alerts/alert-incidents.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { alertSecret, anAlert } from '../../push/alerts/alert-samples.ts';
import { minute, noon } from '../../support/builders.ts';
import { type Origin, startOrigin } from '../../support/origin.ts';
import { type Home, makeHome } from '../../support/server.ts';
import { FakeIo } from '../fake-io.ts';

const clock = { now: () => noon + 10 * minute, monotonic: () => 0 };

describe('newswire alerts', () => {
  let home: Home;
  let server: Store;
  let origin: Origin;
  let env: Record<string, string>;

  beforeEach(async () => {
    origin = await startOrigin();
    origin.on('/ops', { status: 204 });
    origin.on('/slack', { status: 404 });
    home = makeHome(
      [
        'alerts:',
        `  - { id: ops, url: "${origin.url}/ops", secret: ${alertSecret}, on: [failing, recovered] }`,
        `  - { id: chat, type: slack, url: "${origin.url}/slack" }`,
        '',
      ].join('\n'),
    );
    env = { FEEDS_DIR: home.feeds, DATABASE_URL: home.databaseUrl, ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8' };
    server = await openStore({ url: home.databaseUrl, poller: true });
  });
  afterEach(async () => {
    await server.close();
    await origin.close();
    home.remove();
  });

  async function list(options: { json?: boolean } = {}, columns: number | null = null): Promise<string> {
    const io = new FakeIo(env, columns);
    expect(await listAlerts(io, options, clock)).toBe(0);
    return io.stdout;
  }

  async function run(...args: string[]) {
    const io = new FakeIo(env);
    return { code: await runCommand(['alerts', ...args], io), out: io.stdout, err: io.stderr };
  }

  it('lists each declared receiver with its last delivery', async () => {
    const attempt = { status: null, atMs: noon, nextAttemptMs: noon } as const;
    await writeReceiverState(server, 'ops', { ...attempt, outcome: 'delivered', detail: null });
    await writeReceiverState(server, 'chat', {
      ...attempt,
      outcome: 'failed',
      detail: `HTTP 500 \u001b[31m${'x'.repeat(90)}`,
    });
    await writeIncidents(server, [], { alerts: [{ alert: anAlert(), receivers: [{ id: 'chat' }] }], nowMs: noon });
    const [head, ops, chat] = (await list({}, 80)).split('\n');
    expect(head).toMatch(/^ID +TYPE +ON +LAST DELIVERY +WAITING +STATE$/);
    expect(ops).toMatch(/^ops +json +failing, \S* +10 min ago +0 +ok$/);
    expect(chat).toMatch(/^chat +slack +all +never +1 +failing x1: HTTP 500/);
    expect(chat?.length).toBeLessThanOrEqual(80);
    expect(chat).not.toContain('\u001b');
  });

  it('prints the same as JSON, without secrets', async () => {
    const json = await list({ json: true });
    expect(JSON.parse(json).alerts[1]).toEqual({
      ...{ id: 'chat', type: 'slack', url: `${origin.url}/***`, pending: 0, delivered: 0, dropped: 0, failures: 0 },
      on: ['failing', 'recovered', 'silent', 'config', 'disk', 'webhook'],
      ...{ outcome: null, status: null, detail: null, lastAttemptAt: null, lastSuccessAt: null },
    });
    expect(json).not.toContain(alertSecret);
  });

  it('sends a test alert to all receivers, and exits with 1 when one does not accept it', async () => {
    const { code, out } = await run('test');
    expect(code).toBe(1);
    expect(out.split('\n')[1]).toMatch(/^ops +json +accepted +HTTP 204$/);
    expect(out.split('\n')[2]).toMatch(/^chat +slack +failed +HTTP 404$/);
    expect(JSON.parse(origin.to('/ops')[0]?.body ?? '')).toMatchObject({
      kind: 'test',
      title: 'A test alert of Newswire',
    });
  });

  it('sends a test alert to one receiver, and prints JSON', async () => {
    const { code, out } = await run('test', 'ops', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      alerts: [{ id: 'ops', type: 'json', url: `${origin.url}/ops`, accepted: true, status: 204, detail: null }],
    });
    expect(origin.to('/slack')).toEqual([]);
  });

  it('reports an unknown receiver, and suggests a similar id', async () => {
    expect(await run('test', 'opps')).toMatchObject({
      code: 1,
      err: 'newswire: unknown receiver of alerts "opps"; did you mean "ops"?\n',
    });
  });

  it('says how to declare receivers when there are none', async () => {
    home.write('sources.yaml', 'sources: []\n');
    expect(await list()).toMatch(/^No receivers of alerts are declared\. Add "alerts:"/);
    expect((await run('test')).code).toBe(1);
  });

  it('has examples in its help', async () => {
    expect((await run('--help')).out).toContain('newswire alerts test on-call');
    expect((await run('nonsense')).code).toBe(2);
  });
});
