import { describe, expect, it } from 'vitest';
import { type Asking, type NewsroomApp, withNewsroomApp } from '../newsroom-app.ts';

const path = '/feed.rss';

async function fetchOften({ ask }: NewsroomApp, times: number, asking: Asking = {}): Promise<Response> {
  let last = await ask(path, asking);
  for (let index = 1; index < times; index += 1) last = await ask(path, asking);
  return last;
}

describe('fetching a whole output feed', () => {
  it('is answered 429 with the wait after 120 times in an hour from one address', () =>
    withNewsroomApp({}, async (app) => {
      expect((await fetchOften(app, 120)).status).toBe(200);
      const refused = await app.ask(path);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3000);
      expect(await refused.text()).toContain('If-None-Match');
      expect(refused.headers.get('content-type')).toContain('text/plain');
    }));

  it('is counted for each feed and each network of its own', () =>
    withNewsroomApp({}, async (app) => {
      await fetchOften(app, 121, { address: '2001:db8:1:2::1' });
      expect((await app.ask(path, { address: '2001:db8:1:2:ffff::2' })).status).toBe(429);
      expect((await app.ask(path, { address: '2001:db8:1:3::1' })).status).toBe(200);
      expect((await app.ask('/feed.atom', { address: '2001:db8:1:2::1' })).status).toBe(200);
      expect((await app.ask(`${path}?limit=1`, { address: '2001:db8:1:2::1' })).status).toBe(429);
      expect((await app.ask('/', { address: '2001:db8:1:2::1' })).status).toBe(200);
    }));

  it('is not counted while it says what it holds, nor by HEAD', () =>
    withNewsroomApp({}, async (app) => {
      const tag = (await app.ask(path)).headers.get('etag') ?? '';
      const conditional = { headers: { 'if-none-match': tag } };
      expect((await fetchOften(app, 200, conditional)).status).toBe(304);
      await fetchOften(app, 130, { method: 'HEAD' });
      expect((await app.ask(path)).status).toBe(200);
      await fetchOften(app, 130);
      expect((await app.ask(path, conditional)).status).toBe(304);
    }));

  it('is never refused to this machine', () =>
    withNewsroomApp({}, async (app) => {
      expect((await fetchOften(app, 130, { address: '127.0.0.1' })).status).toBe(200);
      expect((await fetchOften(app, 130, { address: '::1' })).status).toBe(200);
    }));

  it('is counted by the address behind a named proxy, whatever else the header says', () =>
    withNewsroomApp({}, async (app) => {
      const behind = (made: string) => ({
        address: '10.0.0.1',
        headers: { 'x-forwarded-for': `${made}, 198.51.100.7` },
      });
      for (let index = 0; index < 120; index += 1) await app.ask(path, behind(`127.0.0.${index + 1}`));
      expect((await app.ask(path, behind('203.0.113.1'))).status).toBe(429);
      const other = { address: '10.0.0.1', headers: { 'x-forwarded-for': '198.51.100.8' } };
      expect((await app.ask(path, other)).status).toBe(200);
    }));
});
