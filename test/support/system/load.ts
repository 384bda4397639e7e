import { WebSocket } from 'ws';

const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
/** The item whose reads are compared at the end. */
export const countedItem = 1;
const watchedItems = [countedItem, 2, 3];
const commentEveryMs = 2500;
/** Comment forms are accepted only after this time. */
const formAgeMs = 3200;
const requestTimeoutMs = 30_000;

/** Results of one kind of request. */
export interface RequestFigures {
  readonly what: string;
  readonly count: number;
  /** Refused with a reason: 4xx, or 503 with Retry-After. */
  readonly refused: number;
  /** Any other status. Not counted during a restart of the server. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly maxMs: number;
}

/** Load by visitors, feed readers, commenters, searches and a health probe. */
export interface Load {
  /** Between `pause` and `resume` the server is down, and failures are not counted. */
  pause(): void;
  resume(): void;
  readonly commentsAccepted: number;
  /** Visitors of the counted item, each from a different address. */
  readonly visitors: number;
  /** Last count of reads received over the live connection; null: none. */
  readonly countedReads: number | null;
  figures(): readonly RequestFigures[];
  /** Stops requests; the connection that receives counts stays open. */
  stop(): Promise<void>;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Kinds of requests. `every` is the pause after each response, in milliseconds. */
interface Visitor {
  readonly what: string;
  readonly every: number;
  ask(client: Client): Promise<unknown>;
}

/** Starts the load on a server that is listening. */
export function startLoad(url: string, random: () => number): Load {
  const client = new Client(url, random);
  const counts = startCounts(url);
  const running = visitors.map((visitor) => client.repeat(visitor));
  return {
    pause: () => client.pause(),
    resume: () => client.resume(),
    get commentsAccepted() {
      return client.commentsAccepted;
    },
    get visitors() {
      return client.visitors;
    },
    get countedReads() {
      return counts.reads();
    },
    figures: () => client.figures(),
    async stop() {
      client.stop();
      await Promise.all(running);
    },
    close: () => counts.close(),
  };
}

const words = ['bulletin', 'amber', 'plain', 'edition', 'keepers', 'council'];

function oneOf<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)] as T;
}

const visitors: readonly Visitor[] = [
  { what: 'healthz', every: 100, ask: (client) => client.get('healthz', '/healthz') },
  { what: 'metrics', every: 2000, ask: (client) => client.get('metrics', '/metrics') },
  ...['/', '/sections/section-1', '/sources', '/sources/s3', '/status'].map((path) => ({
    what: 'pages',
    every: 400,
    ask: (client: Client) => client.get('pages', path),
  })),
  ...['/feed.rss', '/feed.atom', '/sections/section-2/feed.json'].map((path) => ({
    what: 'feeds',
    every: 400,
    ask: (client: Client) => client.get('feeds', path),
  })),
  {
    what: 'API',
    every: 300,
    ask: (client) => client.get('API', oneOf(['/api/items?limit=50', '/api/sources', '/api/most-read'], client.random)),
  },
  {
    what: 'searches',
    every: 300,
    ask(client) {
      const { random } = client;
      const q = `${oneOf(words, random)} ${random() < 0.5 ? '-' : ''}${oneOf(words, random)} ${Math.floor(random() * 60)}`;
      return client.get('searches', `${random() < 0.5 ? '/search' : '/api/items'}?${new URLSearchParams({ q })}`);
    },
  },
  { what: 'reads', every: 250, ask: (client) => client.visit() },
  { what: 'comments', every: commentEveryMs, ask: (client) => client.comment() },
];

class Client {
  readonly random: () => number;
  commentsAccepted = 0;
  visitors = 0;
  readonly #url: string;
  readonly #asked = new Map<string, { ms: number[]; refused: number; failed: number }>();
  #comments = 0;
  #stopped = false;
  #paused = false;

  constructor(url: string, random: () => number) {
    this.#url = url;
    this.random = random;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  stop(): void {
    this.#stopped = true;
  }

  async repeat({ every, ask }: Visitor): Promise<void> {
    while (!this.#stopped) {
      if (!this.#paused) await ask(this);
      await new Promise((resolve) => setTimeout(resolve, every * (0.5 + this.random())));
    }
  }

  async get(what: string, path: string, init: RequestInit = {}): Promise<Answer | null> {
    const from = performance.now();
    try {
      const signal = AbortSignal.timeout(requestTimeoutMs);
      const response = await fetch(this.#url + path, { redirect: 'manual', signal, ...init });
      const text = await response.text();
      this.#note(what, { ms: performance.now() - from, response });
      return { status: response.status, text };
    } catch {
      // The server has closed the connection.
      if (!this.#paused) this.#note(what, { ms: performance.now() - from, response: null });
      return null;
    }
  }

  #note(what: string, { ms, response }: { ms: number; response: Response | null }): void {
    const known = this.#asked.get(what) ?? { ms: [], refused: 0, failed: 0 };
    this.#asked.set(what, known);
    known.ms.push(ms);
    if (response !== null && response.status < 400) return;
    const isRefusal =
      response !== null && (response.status < 500 || (response.status === 503 && response.headers.has('retry-after')));
    if (isRefusal) known.refused += 1;
    else if (!this.#paused) known.failed += 1;
  }

  /** Opens the counted item from a new address. */
  async visit(): Promise<void> {
    const number = this.visitors + 1;
    const address = `198.51.${100 + Math.floor(number / 250)}.${(number % 250) + 1}`;
    const headers = { 'user-agent': browser, 'x-forwarded-for': address };
    const answer = await this.get('reads', `/items/${countedItem}`, { headers });
    if (answer?.status === 200) this.visitors = number;
  }

  async comment(): Promise<void> {
    const number = ++this.#comments;
    const path = `/items/${oneOf(watchedItems, this.random)}`;
    const headers = { 'x-forwarded-for': `203.0.113.${(number % 250) + 1}` };
    const page = await this.get('comments', path, { headers });
    const token = /name="token" value="([^"]+)"/.exec(page?.text ?? '')?.[1];
    if (token === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, formAgeMs));
    if (this.#paused) return;
    const text = `The ${number}th word about it: ${this.random()}`;
    const body = new URLSearchParams({ name: `Reader ${number}`, text, token, subject: '' });
    const init = { method: 'POST', body, headers: { ...headers, origin: this.#url } };
    const answer = await this.get('comments', `${path}/comments`, init);
    if (answer !== null && answer.status < 400) this.commentsAccepted += 1;
  }

  figures(): readonly RequestFigures[] {
    return [...this.#asked].map(([what, { ms, refused, failed }]) => {
      const sorted = [...ms].sort((a, b) => a - b);
      const p50Ms = sorted[Math.floor(sorted.length / 2)] ?? 0;
      return { what, count: ms.length, refused, failed, p50Ms, maxMs: sorted.at(-1) ?? 0 };
    });
  }
}

/** A connection that receives counts, and reconnects when it breaks. */
function startCounts(url: string): { reads(): number | null; close(): void } {
  let reads: number | null = null;
  let socket: WebSocket;
  let closed = false;
  const connect = (): void => {
    socket = new WebSocket(`${url.replace(/^http/, 'ws')}/live`, 'newswire.v1.json');
    socket.on('open', () => socket.send(JSON.stringify({ type: 'watch', items: watchedItems })));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { type: string; items?: { id: number; reads: number }[] };
      if (message.type !== 'counts') return;
      reads = message.items?.find(({ id }) => id === countedItem)?.reads ?? reads;
    });
    // `close` follows.
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (!closed) setTimeout(connect, 500);
    });
  };
  connect();
  return {
    reads: () => reads,
    close() {
      closed = true;
      socket.terminate();
    },
  };
}
