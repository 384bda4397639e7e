import type { WireEvent, WireFilter } from '../../../src/domain/events/wire.ts';
import { type LoggedRequest, type Origin, startOrigin } from '../origin.ts';
import { expectedEvents, type readEventLog, searchedWord } from '../soak/feed-generator.ts';

/** Secret of the test's webhooks. */
export const hookSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

type LogRows = ReturnType<typeof readEventLog>;

/** Events of one receiver, compared with the log. */
export interface ReceiverReport {
  readonly name: string;
  readonly expected: number;
  readonly received: number;
  readonly lost: number;
  readonly repeated: number;
  /** Unexpected events, or events out of order. */
  readonly wrong: number;
  readonly problems: readonly string[];
}

interface Delivery {
  readonly type: 'events' | 'reset';
  readonly after: string;
  readonly cursor: string;
  readonly events?: readonly WireEvent[];
}

/** A webhook and its receiver. */
interface Hook {
  readonly id: string;
  readonly filter: WireFilter;
  /** Whether the receiver fails this request. */
  refuses(count: number): boolean;
  readonly answersAfterMs: number;
}

const hooks: readonly Hook[] = [
  { id: 'all', filter: {}, refuses: () => false, answersAfterMs: 0 },
  { id: 'one-source', filter: { sources: ['s3'] }, refuses: () => false, answersAfterMs: 150 },
  { id: 'one-word', filter: { q: searchedWord }, refuses: (count) => count % 10 === 0, answersAfterMs: 5 },
];

/** Webhook receivers, WebSub subscribers and a receiver of alerts. */
export interface Receivers {
  readonly hooksYaml: string;
  /** Subscribes at the hub of the server. */
  subscribe(serverUrl: string): Promise<void>;
  /** Whether every receiver has all its events. */
  areDone(log: LogRows): boolean;
  compareWithLog(log: LogRows): readonly ReceiverReport[];
  close(): Promise<void>;
}

/** Starts all receivers on one origin. */
export async function startReceivers(): Promise<Receivers> {
  const origin = await startOrigin();
  const hookReceivers = hooks.map((hook) => startHook(origin, hook));
  const subscribers = ['s3', 's4', 's5'].map((source) => startSubscriber(origin, source));
  const alerts = startAlertReceiver(origin);
  const lines = hooks.map(({ id, filter }) => {
    const filterJson = JSON.stringify({ ...filter, backfill: true });
    return `  - { id: ${id}, url: "${origin.url}/hook/${id}", secret: "$\{NEWS_HOOK_SECRET}", filter: ${filterJson} }\n`;
  });
  const compareWithLog = (log: LogRows): readonly ReceiverReport[] =>
    [...hookReceivers, ...subscribers, alerts].map((one) => one.compareWithLog(log));
  return {
    hooksYaml: `webhooks:\n${lines.join('')}${alerts.yaml}`,
    async subscribe(serverUrl) {
      for (const subscriber of subscribers) await subscriber.subscribe(serverUrl);
    },
    areDone: (log) =>
      compareWithLog(log).every(({ lost }) => lost === 0) && subscribers.every((one) => one.isCurrent(log)),
    compareWithLog,
    close: () => origin.close(),
  };
}

function startHook(origin: Origin, { id, filter, refuses, answersAfterMs }: Hook) {
  const accepted: Delivery[] = [];
  let count = 0;
  origin.on(`/hook/${id}`, async ({ body }: LoggedRequest) => {
    count += 1;
    const isRefused = refuses(count);
    if (answersAfterMs > 0) await new Promise((resolve) => setTimeout(resolve, answersAfterMs));
    if (isRefused) return { status: 503 };
    accepted.push(JSON.parse(body) as Delivery);
    return { status: 204 };
  });
  return {
    compareWithLog(log: LogRows): ReceiverReport {
      const events = accepted.flatMap(({ events = [] }) => events.map(({ op, seq }) => `${op} ${seq}`));
      // A new webhook starts with events published after its declaration.
      const fromSeq = Number(accepted[0]?.after?.split('-').at(-1) ?? 0);
      const expected = expectedEvents(filter, log).filter((line) => Number(line.split(' ')[1]) > fromSeq);
      const isChain = accepted.every(({ after }, at) => at === 0 || after === accepted[at - 1]?.cursor);
      const resets = accepted.filter(({ type }) => type === 'reset').map((reset) => JSON.stringify(reset));
      return {
        ...compare(`webhook ${id}`, events, expected),
        problems: [...resets, ...(isChain ? [] : ['the deliveries form no chain'])],
      };
    },
  };
}

/** A receiver of alerts, and a source that always fails: one alert, also over the restart. */
function startAlertReceiver(origin: Origin) {
  const titles: string[] = [];
  origin.on('/alerts', ({ body }: LoggedRequest) => {
    titles.push((JSON.parse(body) as { readonly title: string }).title);
    return { status: 204 };
  });
  const title = 'missing cannot be read';
  return {
    yaml: [
      `sources:\n  - { id: missing, url: "${origin.url}/missing.xml" }\n`,
      `alerts:\n  - { id: ops, url: "${origin.url}/alerts", secret: "$\{NEWS_HOOK_SECRET}", on: [failing] }\n`,
    ].join(''),
    compareWithLog: (): ReceiverReport => ({ ...compare('alerts', titles, [title]), problems: [] }),
  };
}

function compare(
  name: string,
  received: readonly string[],
  expected: readonly string[],
): Omit<ReceiverReport, 'problems'> {
  const [had, wanted] = [new Set(received), new Set(expected)];
  const once = [...had];
  const isOrdered = once.every((one, index) => index === 0 || seqOf(one) > seqOf(once[index - 1] ?? ''));
  return {
    name,
    expected: expected.length,
    received: received.length,
    lost: expected.filter((one) => !had.has(one)).length,
    repeated: received.length - had.size,
    wrong: once.filter((one) => !wanted.has(one)).length + (isOrdered ? 0 : 1),
  };
}

function seqOf(line: string): number {
  return Number(line.split(' ')[1] ?? 0);
}

/** A subscriber of one source's feed, which receives the whole document after each change. */
function startSubscriber(origin: Origin, source: string) {
  const bodies: string[] = [];
  const format = source === 's4' ? 'json' : 'atom';
  const path = `/callback/${source}`;
  origin.on(path, (request) => {
    if (request.method === 'GET') {
      return { body: new URLSearchParams(request.path.split('?')[1]).get('hub.challenge') ?? '' };
    }
    bodies.push(request.body);
    return { status: 204 };
  });
  // Ignore the edition: of several editions within five seconds only the last is delivered.
  const nameOf = (body: string): string => /^Bulletin \d+ of publisher \d+,/.exec(titleOf(body))?.[0] ?? titleOf(body);
  return {
    async subscribe(serverUrl: string): Promise<void> {
      const topic = `${serverUrl}/sources/${source}/feed.${format}`;
      const form = { 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.callback': origin.url + path };
      const body = new URLSearchParams(form);
      const answer = await fetch(`${serverUrl}/websub/hub`, { method: 'POST', body });
      if (answer.status !== 202) throw new Error(`the hub answered ${answer.status}: ${await answer.text()}`);
    },
    /** Whether the last document shows the current state of the source. */
    isCurrent(log: LogRows): boolean {
      const last = log.findLast((row) => row.source_id === source && row.op !== 'remove');
      return last === undefined || (bodies.at(-1)?.includes(titleOf(last.body)) ?? false);
    },
    compareWithLog(log: LogRows): ReceiverReport {
      const adds = log.filter((row) => row.source_id === source && row.op === 'add');
      const wanted = [...new Set(adds.map(({ body }) => nameOf(body)))];
      const repeated = bodies.filter((body, index) => index > 0 && body === bodies[index - 1]).length;
      return {
        name: `hub subscriber ${source}`,
        expected: wanted.length,
        received: bodies.length,
        lost: wanted.filter((name) => !bodies.some((body) => body.includes(name))).length,
        repeated,
        wrong: 0,
        problems: this.isCurrent(log) ? [] : ['the last document is not the newest'],
      };
    },
  };
}

function titleOf(body: string): string {
  return (JSON.parse(body) as { readonly title?: string }).title ?? '';
}
