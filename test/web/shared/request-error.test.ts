import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { describe, expect, it } from 'vitest';
import { StorageError } from '../../../src/domain/storage.ts';
import type { Log } from '../../../src/runtime/log.ts';
import { badRequest, goneItem, notFound, type Problem, toProblem } from '../../../src/web/shared/request-error.ts';

/** The response and the log lines of an error that a handler throws. */
async function handleError(error: unknown, method = 'GET'): Promise<{ problem: Problem; logged: object[] }> {
  const logged: object[] = [];
  const log: Log = { debug() {}, info() {}, warn() {}, error: (facts) => void logged.push(facts) };
  const app = new Hono();
  app.all('/path', () => {
    throw error;
  });
  app.onError((thrown, c) => c.json(toProblem(thrown, c, log)));
  const problem = (await (await app.request('/path?secret=1', { method })).json()) as Problem;
  return { problem, logged };
}

/** The log level of a request whose client disconnects within its body. */
async function levelOfBrokenOff(): Promise<string> {
  const { promise: level, resolve } = Promise.withResolvers<string>();
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const log: Log = { debug: () => resolve('debug'), info() {}, warn() {}, error: () => resolve('error') };
  const app = new Hono();
  app.post('/path', async (c) => {
    start();
    return c.text(await c.req.text());
  });
  app.onError((thrown, c) => c.json(toProblem(thrown, c, log)));
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('POST /path HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf');
    await started;
    socket.destroy();
    return await level;
  } finally {
    server.close();
  }
}

describe('toProblem', () => {
  it('logs no error when a client disconnects in the middle of its body', async () => {
    expect(await levelOfBrokenOff()).toBe('debug');
  });

  it.each([
    [badRequest('bad_limit', 'Say a number.'), { status: 400, code: 'bad_limit', message: 'Say a number.' }],
    [notFound('No such item.'), { status: 404, code: 'not_found', message: 'No such item.' }],
    [goneItem(), { status: 410, code: 'withdrawn' }],
  ])('returns the problem of a RequestError and logs nothing', async (error, expected) => {
    const { problem, logged } = await handleError(error);
    expect(problem).toMatchObject(expected);
    expect(logged).toEqual([]);
  });

  it.each([
    ['GET', 'The database cannot be read at present.'],
    ['POST', 'The database cannot be written at present, and what you sent was not stored.'],
  ])('answers %s with 503 when the storage fails, which the store has logged', async (method, words) => {
    const { problem, logged } = await handleError(new StorageError('full'), method);
    expect(problem).toMatchObject({ status: 503, code: 'storage_unavailable' });
    expect(problem.message).toContain(words);
    expect(logged).toEqual([]);
  });

  it('keeps the status of an error of the framework, but not its message', async () => {
    const { problem } = await handleError(new HTTPException(413, { message: 'body of /etc/passwd too large' }));
    expect(problem.status).toBe(413);
    expect(problem.message).not.toContain('passwd');
  });

  it.each([
    new Error('disk full'),
    new TypeError('x is undefined'),
    new HTTPException(500, { message: 'disk full' }),
  ])('hides an internal error from the client and logs it: %s', async (error) => {
    const { problem, logged } = await handleError(error);
    expect(problem).toMatchObject({ status: 500, code: 'internal_error' });
    expect(problem.message).not.toMatch(/disk|undefined/);
    expect(logged).toEqual([{ err: error, method: 'GET', path: '/path' }]);
  });
});
