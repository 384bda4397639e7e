import { describe, expect, it } from 'vitest';
import type { WebSubHttpClient } from '../../../src/push/websub/http-client-port.ts';
import { Verifier, type VerifierParts } from '../../../src/push/websub/verifier.ts';
import { silentLog } from '../../../src/runtime/log.ts';

const topic = 'https://news.example.com/feed.rss';

/** A host whose callbacks below `/good` confirm; all others answer 404. */
const client: WebSubHttpClient = {
  async request({ url }) {
    const { pathname, searchParams } = new URL(url);
    const exists = pathname.startsWith('/good');
    const body = Buffer.from(exists ? (searchParams.get('hub.challenge') ?? '') : 'not found');
    return { kind: 'answered', status: exists ? 200 : 404, body, location: null, retryAfterMs: null };
  },
};

function openVerifier() {
  let nowMs = 0;
  const subscribed: string[] = [];
  const store: VerifierParts['store'] = {
    document: async () => ({ self: topic, tag: '', link: '', contentType: '', body: new Uint8Array() }),
    putSubscriber: async ({ callback }) => {
      subscribed.push(callback);
      return true;
    },
    isSubscribed: async () => false,
    countSubscribers: async () => 0,
    removeSubscriber: async () => {},
  };
  const clock = { now: () => nowMs, monotonic: () => nowMs };
  const verifier = new Verifier({ clock, log: silentLog, client, store, onDeliveryQueued() {} });
  return {
    subscribed,
    enqueue(path: string, client: string, kind: 'subscribe' | 'denied' = 'subscribe'): boolean {
      const key = { topic, callback: `https://reader.example${path}` };
      return verifier.enqueue(
        kind === 'denied' ? { kind, ...key, reason: 'filtered' } : { kind, ...key, leaseMs: 600_000, secret: null },
        client,
      );
    },
    async pass(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second += 1) {
        verifier.run();
        await verifier.idle();
        nowMs += 1000;
      }
    },
  };
}

describe('Verifier', () => {
  it.each([
    'subscribe',
    'denied',
  ] as const)('verifies a callback in time although another client keeps naming missing callbacks at its host (%s)', async (kind) => {
    const { enqueue, pass, subscribed } = openVerifier();
    for (let minute = 0; minute < 30; minute += 1) {
      for (let index = 0; index < 60; index += 1) enqueue(`/bad/${minute}/${index}`, '192.0.2.1', kind);
      if (minute === 20) expect(enqueue('/good', '198.51.100.1')).toBe(true);
      await pass(60);
    }
    expect(subscribed).toEqual(['https://reader.example/good']);
  });
});
