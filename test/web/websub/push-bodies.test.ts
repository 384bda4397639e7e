import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import type { CallbackHandler } from '../../../src/push/websub/callback-handler.ts';
import { websubRoutes } from '../../../src/web/websub/websub-routes.ts';

const MiB = 1024 * 1024;

/** A body that is sent in chunks and counts the chunks that were read. */
function slowly(pieces: number) {
  const taken = { pieces: 0 };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        taken.pieces += 1;
        controller.enqueue(new Uint8Array(MiB));
        if (taken.pieces === pieces) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, taken };
}

function appOver(receive: CallbackHandler['receive']): Hono {
  const app = new Hono();
  const hub = { receive: () => ({ status: 202, text: '' }) as const };
  const callbacks: CallbackHandler = { receive, verify: async () => ({ status: 404, text: '' }) };
  websubRoutes(app, { hub, callbacks }, { clientAddress: () => '192.0.2.7' });
  return app;
}

function push(app: Hono, body: ReadableStream<Uint8Array>): Response | Promise<Response> {
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' };
  return app.request('/websub/callback/some-id', init);
}

describe('request bodies of pushes', () => {
  it('are not read if the callback is unknown', async () => {
    const app = appOver(async () => ({ status: 404, text: '' }));
    const { stream, taken } = slowly(3);
    expect((await push(app, stream)).status).toBe(404);
    expect(taken.pieces).toBe(0);
  });

  it('are limited in total, and further ones are answered 503', async () => {
    const gate = Promise.withResolvers<void>();
    const full = Promise.withResolvers<void>();
    let holding = 0;
    const app = appOver(async (_id, { readBody }) => {
      const { kind } = await readBody();
      if (kind !== 'read') return { status: 503, text: kind };
      holding += 1;
      if (holding === 8) full.resolve();
      await gate.promise;
      return { status: 202, text: '' };
    });
    const held = Array.from({ length: 8 }, () => push(app, slowly(3).stream));
    await full.promise;
    const refused = await push(app, slowly(3).stream);
    expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([503, '60', 'busy']);
    gate.resolve();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect((await push(app, slowly(3).stream)).status).toBe(202);
  });
});
