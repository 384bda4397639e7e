import { createHmac } from 'node:crypto';
import { startOrigin } from '../origin.ts';
import { createFeedDocument, type PublishRate } from '../soak/feed-generator.ts';

const sources = 60;
/** Number of publishers with a hub, which pushes new items. */
const withHub = 6;
const pace: PublishRate = { newPerRead: 0.6, editsPerRead: 0.25 };
const pushEveryMs = 1500;

/** Publishers with changing documents, some with a hub, and their declarations. */
export interface Publishers {
  /** The declarations after `edition` edits. */
  sourcesYaml(edition: number): string;
  /** False: documents no longer change, and nothing is pushed. */
  publishing: boolean;
  /** Pushes that the server has accepted. */
  readonly pushed: number;
  readonly hubSubscriptions: number;
  close(): Promise<void>;
}

interface Subscription {
  readonly callback: string;
  readonly secret: string | null;
}

/** Starts the publishers and their hub. */
export async function startPublishers(random: () => number): Promise<Publishers> {
  const origin = await startOrigin();
  // One more, which is declared only in some editions.
  const documents = Array.from({ length: sources + 1 }, (_, source) => createFeedDocument(source, random, pace));
  const subscriptions = new Map<string, Subscription>();
  const state = { publishing: true, pushed: 0 };
  for (const [source, document] of documents.entries()) {
    const path = `/${source}.xml`;
    const link = `<${origin.url}/hub>; rel="hub", <${origin.url}${path}>; rel="self"`;
    const headers = { 'content-type': 'application/rss+xml', ...(source < withHub ? { link } : {}) };
    origin.on(path, () => ({ headers, body: state.publishing ? document.next() : document.now() }));
  }
  origin.on('/hub', async ({ body }) => {
    const form = new URLSearchParams(body);
    const [topic, callback] = [form.get('hub.topic') ?? '', form.get('hub.callback') ?? ''];
    const query = { 'hub.mode': 'subscribe', 'hub.topic': topic, 'hub.challenge': 'inside' };
    const answer = await fetch(`${callback}?${new URLSearchParams({ ...query, 'hub.lease_seconds': '86400' })}`);
    if (answer.ok && (await answer.text()) === 'inside') {
      subscriptions.set(topic, { callback, secret: form.get('hub.secret') });
    }
    return { status: 202 };
  });

  let turn = 0;
  const push = async (): Promise<void> => {
    turn = (turn + 1) % withHub;
    const subscription = subscriptions.get(`${origin.url}/${turn}.xml`);
    const document = documents[turn];
    if (!state.publishing || subscription === undefined || document === undefined) return;
    const body = document.next();
    const { callback, secret } = subscription;
    const signature = secret === null ? null : createHmac('sha256', secret).update(body).digest('hex');
    const headers = {
      'content-type': 'application/rss+xml',
      ...(signature === null ? {} : { 'x-hub-signature': `sha256=${signature}` }),
    };
    try {
      const answer = await fetch(callback, { method: 'POST', headers, body });
      await answer.arrayBuffer();
      if (answer.status === 202) state.pushed += 1;
    } catch {
      // The server is restarting; the next poll finds the items that were not pushed.
    }
  };
  const timer = setInterval(() => void push(), pushEveryMs);

  return {
    sourcesYaml(edition) {
      const count = edition % 2 === 0 ? sources : sources + 1;
      const lines = Array.from({ length: count }, (_, source) => {
        const section = source === 10 && edition % 3 === 1 ? 'Harbour' : `Section ${source % 6}`;
        return `  - { url: "${origin.url}/${source}.xml", id: s${source}, section: ${section} }\n`;
      });
      const politeness = '{ hostGap: 0s, hostConcurrency: 8, globalPerSecond: 1000 }';
      const site = `site:\n  comments: open\n  retention: { itemsPerSource: 100 }\n  politeness: ${politeness}\n`;
      return `${site}sources:\n${lines.join('')}`;
    },
    get publishing() {
      return state.publishing;
    },
    set publishing(is) {
      state.publishing = is;
    },
    get pushed() {
      return state.pushed;
    },
    get hubSubscriptions() {
      return subscriptions.size;
    },
    async close() {
      clearInterval(timer);
      await origin.close();
    },
  };
}
