import { describe, expect, it } from 'vitest';
import type { WebSubRequest, WebSubResponse } from '../../../src/push/websub/http-client-port.ts';
import { Publisher } from '../../../src/push/websub/websub-publisher.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const hub = 'https://hub.example.com/';
const topic = 'https://news.example.com/feed.atom';
const other = 'https://news.example.com/feed.rss';

function bench() {
  const clock = createFakeClock();
  const asked: WebSubRequest[] = [];
  const warned: string[] = [];
  const state = { status: 204 };
  const client = {
    async request(request: WebSubRequest): Promise<WebSubResponse> {
      asked.push(request);
      return { kind: 'answered', status: state.status, body: new Uint8Array(), location: null, retryAfterMs: null };
    },
  };
  const log = { ...silentLog, warn: (_facts: object, text: string) => void warned.push(text) };
  return { clock, asked, warned, state, publisher: new Publisher({ clock, log, client, hub }) };
}

describe('Publisher', () => {
  it('P5 notifies the external hub of a changed topic with hub.url and hub.topic', async () => {
    const { publisher, clock, asked } = bench();
    publisher.markChanged([topic]);
    expect(await publisher.run()).toBe(5000);
    await clock.advance(5000);
    expect(await publisher.run()).toBeNull();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ method: 'POST', url: hub });
    const form = new URLSearchParams(String(asked[0]?.body));
    expect(Object.fromEntries(form)).toEqual({ 'hub.mode': 'publish', 'hub.url': topic, 'hub.topic': topic });
  });

  it('sends one notification for several changes of a topic, and one for each topic', async () => {
    const { publisher, clock, asked } = bench();
    for (let index = 0; index < 20; index += 1) publisher.markChanged([topic, other]);
    await clock.advance(5000);
    await publisher.run();
    await publisher.run();
    expect(asked).toHaveLength(2);
  });

  it('repeats a failed notification after a minute, with one log line', async () => {
    const { publisher, clock, asked, state, warned } = bench();
    state.status = 500;
    publisher.markChanged([topic]);
    await clock.advance(5000);
    expect(await publisher.run()).toBe(60_000);
    expect(await publisher.run()).toBe(60_000);
    await clock.advance(60_000);
    await publisher.run();
    expect([asked.length, warned.length]).toEqual([2, 1]);
    state.status = 202;
    await clock.advance(60_000);
    expect(await publisher.run()).toBeNull();
    expect(asked).toHaveLength(3);
  });
});
