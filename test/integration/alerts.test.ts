import { createHmac } from 'node:crypto';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { rssDocument } from '../support/documents.ts';
import { type LoggedRequest, type Origin, startOrigin, startRawOrigin } from '../support/origin.ts';
import { type Home, makeHome, runCommand, type ServerProcess, startServer } from '../support/server.ts';
import { until } from '../support/until.ts';

const key = Buffer.alloc(32, 4);
const env = { ALERT_SECRET: `whsec_${key.toString('base64')}` };
const sourceCount = 50;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A publisher of many sources at one host, which can be down. */
async function startPublisher(count: number, title = 'Bulletin') {
  const origin = await startOrigin();
  cleanups.push(() => origin.close());
  const state = { isDown: false };
  const ids = Array.from({ length: count }, (_, index) => `s${index}`);
  for (const id of ids) {
    const entries = [{ guid: id, title: `News of ${id}`, link: `https://www.example.org/${id}` }];
    const body = rssDocument({ title: `${title} ${id}`, link: 'https://www.example.org/' }, entries);
    const headers = { 'content-type': 'application/rss+xml' };
    origin.on(`/${id}`, () => (state.isDown ? { status: 500 } : { headers, body }));
  }
  const yaml = [
    'site:',
    '  politeness: { hostGap: 0s, hostConcurrency: 16, globalPerSecond: 1000 }',
    'sources:',
    ...ids.map((id) => `  - { url: "${origin.url}/${id}", id: ${id} }`),
  ];
  return { origin, state, sourcesYaml: `${yaml.join('\n')}\n` };
}

async function makeServer(
  sourcesYaml: string,
  alertsYaml: string,
): Promise<{ home: Home; start: () => Promise<ServerProcess> }> {
  const home = makeHome(sourcesYaml);
  cleanups.push(() => home.remove());
  home.write('alerts.yaml', alertsYaml);
  const start = async (): Promise<ServerProcess> => {
    const server = await startServer(home, env);
    cleanups.push(() => server.end('SIGKILL'));
    return server;
  };
  return { home, start };
}

function query<T>(home: Home, work: (database: Database.Database) => T): T {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { timeout: 5000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** Polls all sources once more, and waits until each has failed this often. */
async function failOnce(home: Home, failures: number): Promise<void> {
  await until(`${failures} failures of each source`, () =>
    query(home, (database) => {
      database.prepare('UPDATE source SET next_check_ms = 0 WHERE failures < ? AND lease_token IS NULL').run(failures);
      return count(database, 'SELECT count(*) AS n FROM source WHERE failures < ?', failures) === 0 || null;
    }),
  );
}

function count(database: Database.Database, sql: string, ...values: number[]): number {
  return (database.prepare(sql).get(...values) as { n: number }).n;
}

interface AlertBody {
  readonly kind: string;
  readonly state: string;
  readonly title: string;
  readonly sourceCount: number;
}

const alertOf = ({ body }: LoggedRequest): AlertBody => JSON.parse(body) as AlertBody;

const summaries = (requests: readonly LoggedRequest[]): string[] =>
  requests.map((request) => `${alertOf(request).kind} ${alertOf(request).sourceCount}`);

function isSigned({ headers, body }: LoggedRequest): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

async function allRead(home: Home): Promise<void> {
  await until('the first read of all sources', () =>
    query(home, (database) => {
      const read = count(database, 'SELECT count(*) AS n FROM source WHERE last_success_ms IS NOT NULL');
      return read > 0 && read === count(database, 'SELECT count(*) AS n FROM source') ? true : null;
    }),
  );
}

const jsonReceiver = (id: string, url: string): string =>
  `  - { id: ${id}, url: "${url}", secret: "$\{ALERT_SECRET}" }\n`;

async function startReceiver(): Promise<Origin> {
  const receiver = await startOrigin();
  cleanups.push(() => receiver.close());
  return receiver;
}

describe('an outage of a host with 50 sources', () => {
  it('causes one signed alert and one recovery, also over kill -9 during and after the delivery', async () => {
    const publisher = await startPublisher(sourceCount);
    const receiver = await startReceiver();
    const hung: LoggedRequest[] = [];
    const taken: LoggedRequest[] = [];
    // The first delivery is received whole and never answered: the worst moment to be killed.
    receiver.on('/alerts', (request) => {
      if (hung.length === 0) {
        hung.push(request);
        return undefined;
      }
      taken.push(request);
      return { status: 204 };
    });
    const { home, start } = await makeServer(
      publisher.sourcesYaml,
      `alerts:\n${jsonReceiver('ops', `${receiver.url}/alerts`)}`,
    );
    const first = await start();
    await allRead(home);
    publisher.state.isDown = true;
    for (const failures of [1, 2, 3]) await failOnce(home, failures);
    await until('the alert', () => hung[0]);
    await first.end('SIGKILL');

    const second = await start();
    await until('the same alert', () => taken[0]);
    expect(summaries(taken)).toEqual([`failing ${sourceCount}`]);
    expect(taken[0]?.body).toBe(hung[0]?.body);
    expect(taken[0]?.headers['webhook-id']).toBe(hung[0]?.headers['webhook-id']);
    await failOnce(home, 4);
    await until('the record of the delivery', () =>
      query(home, (database) => count(database, 'SELECT count(*) AS n FROM alert_delivery') === 0 || null),
    );
    await second.end('SIGKILL');

    await start();
    await failOnce(home, 5);
    publisher.state.isDown = false;
    await until('the recovery', () => {
      query(home, (database) => database.prepare('UPDATE source SET next_check_ms = 0 WHERE failures > 0').run());
      return taken[1];
    });
    await allWell(home);
    expect(summaries(taken)).toEqual([`failing ${sourceCount}`, `recovered ${sourceCount}`]);
    expect([...hung, ...taken].every(isSigned)).toBe(true);
    expect(query(home, (database) => count(database, 'SELECT count(*) AS n FROM alert_incident'))).toBe(1);
  });
});

async function allWell(home: Home): Promise<void> {
  await until('a good poll of all sources', () =>
    query(home, (database) => {
      database.prepare('UPDATE source SET next_check_ms = 0 WHERE failures > 0 AND lease_token IS NULL').run();
      return count(database, 'SELECT count(*) AS n FROM source WHERE failures > 0') === 0 || null;
    }),
  );
}

describe('alerts to several receivers', () => {
  it('reach one that works while another is dead and a third never answers, and polling continues', async () => {
    const publisher = await startPublisher(2);
    const receiver = await startReceiver();
    receiver.on('/alerts', { status: 204 });
    const slow = await startRawOrigin(() => {});
    cleanups.push(() => slow.close());
    const dead = await startOrigin();
    await dead.close();
    const receivers = [
      jsonReceiver('dead', `${dead.url}/alerts`),
      jsonReceiver('slow', `${slow.url}/alerts`),
      jsonReceiver('ops', `${receiver.url}/alerts`),
    ];
    const { home, start } = await makeServer(publisher.sourcesYaml, `alerts:\n${receivers.join('')}`);
    await start();
    await allRead(home);

    home.write('broken.yaml', 'sources:\n  - url: nowhere\n');
    const refused = await until('the alert on the configuration', () => receiver.to('/alerts')[0]);
    expect(alertOf(refused)).toMatchObject({ kind: 'config', state: 'started' });
    expect(refused.body).toContain('broken.yaml:2: ');
    home.write('broken.yaml', '');
    const fixed = await until('the end of it', () => receiver.to('/alerts')[1]);
    expect(alertOf(fixed)).toMatchObject({ kind: 'config', state: 'ended' });

    const polls = publisher.origin.to('/s0').length;
    query(home, (database) => database.prepare('UPDATE source SET next_check_ms = 0').run());
    await until('another poll', () => publisher.origin.to('/s0')[polls]);
    const listed = await until('a failed attempt', async () => {
      const { stdout } = await runCommand(home, ['alerts', '--json'], env);
      const { alerts } = JSON.parse(stdout) as { alerts: Record<string, unknown>[] };
      return alerts[0]?.['outcome'] === 'failed' ? alerts : null;
    });
    expect(listed).toMatchObject([
      { id: 'dead', pending: 2, delivered: 0, detail: expect.stringMatching(/^connect_error: /) },
      { id: 'slow', pending: 2 },
      { id: 'ops', pending: 0, delivered: 2, failures: 0 },
    ]);
  });

  it('escape the text of a publisher in each format', async () => {
    const publisher = await startPublisher(1, '&lt;!channel&gt; @everyone *b* \u009b31m &lt;b&gt;x&lt;/b&gt;');
    const receiver = await startReceiver();
    const room = '/_matrix/client/v3/rooms/!r:example.org';
    for (const target of ['/', '/slack', '/discord', '/json']) receiver.on(target, { status: 200 });
    const receivers = [
      `  - { id: phone, type: ntfy, url: "${receiver.url}/topic" }`,
      `  - { id: slack, type: slack, url: "${receiver.url}/slack" }`,
      `  - { id: discord, type: discord, url: "${receiver.url}/discord" }`,
      `  - { id: room, type: matrix, url: "${receiver.url}${room}", token: syt_1 }`,
      jsonReceiver('json', `${receiver.url}/json`),
    ];
    const { home, start } = await makeServer(publisher.sourcesYaml, `alerts:\n${receivers.join('\n')}`);
    await start();
    await allRead(home);
    publisher.state.isDown = true;
    for (const failures of [1, 2, 3]) await failOnce(home, failures);
    const sent = await until('all formats', () => {
      const matrix = receiver.requests.find((request) => request.path.startsWith(room));
      const found = ['/', '/slack', '/discord', '/json'].map((target) => receiver.to(target)[0]);
      return matrix !== undefined && found.every((one) => one !== undefined) ? [...found, matrix] : null;
    });
    const bodies = sent.map((request) => JSON.parse(request?.body ?? '{}'));
    const [ntfy, slack, discord, json, matrix] = bodies;
    for (const body of bodies) expect(JSON.stringify(body)).not.toMatch(/\u009b|\\u009b/);
    expect(json.title).toMatch(/^<!channel> @everyone \*b\* 31m <b>x<\/b> s0 cannot be read$/);
    expect(ntfy.title).toBe(json.title);
    expect(slack.blocks[0].text).toMatchObject({ type: 'plain_text', text: json.title });
    expect(slack.text).toMatch(/^&lt;!channel&gt;/);
    expect(discord.content).toMatch(/^\*\*\\<!channel\\> \\@everyone \\\*b\\\*/);
    expect(discord.allowed_mentions).toEqual({ parse: [] });
    expect(matrix.formatted_body).toMatch(/^<strong>&lt;!channel&gt; @everyone/);
  });
});
