import { describe, expect, it } from 'vitest';
import type { WebSubHttpClient } from '../../../src/push/websub/http-client-port.ts';
import { Verifier, type VerifierParts } from '../../../src/push/websub/verifier.ts';
import { silentLog } from '../../../src/runtime/log.ts';

const topic = 'https://news.example.com/feed.rss';

/** A host where callbacks below `/good` mean it and all others do not exist. */
const client: WebSubHttpClient = {
  async request({ url }) {
    const { pathname, searchParams } = new URL(url);
    const isThere = pathname.startsWith('/good');
    const body = Buffer.from(isThere ? (searchParams.get('hub.challenge') ?? '') : 'not found');
    return { kind: 'answered', status: isThere ? 200 : 404, body, location: null, retryAfterMs: null };
  },
};

function openVerifier() {
  let nowMs = 0;
  const subscribed: string[] = [];
  const ports: VerifierParts['ports'] = {
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
  const verifier = new Verifier({ clock, log: silentLog, client, ports, onDeliveryQueued() {} });
  return {
    subscribed,
    ask(path: string, who: string, kind: 'subscribe' | 'denied' = 'subscribe'): boolean {
      const key = { topic, callback: `https://reader.example${path}` };
      return verifier.enqueue(
        kind === 'denied' ? { kind, ...key, reason: 'filtered' } : { kind, ...key, leaseMs: 600_000, secret: null },
        who,
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

describe('a verifier', () => {
  it.each([
    'subscribe',
    'denied',
  ] as const)('asks a callback in time whose host one client keeps naming for callbacks that are not there (%s)', async (kind) => {
    const { ask, pass, subscribed } = openVerifier();
    for (let minute = 0; minute < 30; minute += 1) {
      for (let index = 0; index < 60; index += 1) ask(`/bad/${minute}/${index}`, '192.0.2.1', kind);
      if (minute === 20) expect(ask('/good', '198.51.100.1')).toBe(true);
      await pass(60);
    }
    expect(subscribed).toEqual(['https://reader.example/good']);
  });
});
