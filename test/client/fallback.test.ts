import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import { protocolMessages } from '../support/client/scripted-server.ts';
import { useScriptedServer } from '../support/client/use-scripted-server.ts';

let open: { response: ServerResponse; url: string }[];
let wake = () => {};

const scripted = useScriptedServer();
const { start } = scripted;

beforeEach(() => {
  open = [];
  scripted.server.answer = (request, response) => {
    if (request.url?.startsWith('/api/items')) {
      response.end(JSON.stringify({ items: [{ id: 1 }], cursor: 'e1-61', next: null }));
      return;
    }
    open.push({ response, url: request.url ?? '' });
    wake();
  };
});

/** The next stream that the client requests. */
async function stream(status = 200) {
  while (open.length === 0) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  const { response, url } = open.shift() as { response: ServerResponse; url: string };
  response.writeHead(status, { 'Content-Type': 'text/event-stream' });
  return {
    url,
    send: (text: string) => void response.write(text),
    item: (seq: number, prev = seq - 1) => {
      const message = JSON.stringify(protocolMessages.item(seq, prev));
      response.write(`id: e1-${seq}\nevent: item\ndata: ${message}\n\n`);
    },
    end: () => void response.end(),
    gone: new Promise<void>((resolve) => response.on('close', () => resolve())),
  };
}

const noSocket = { runtime: { openSocket: null } };

describe('a client without WebSocket', () => {
  it('uses server-sent events', async () => {
    const { client, notes, noted } = start({ ...noSocket, after: 'e1-1', filter: { sections: ['World'] } });
    const { url, send, item } = await stream();
    expect(url).toBe('/events?section=World&after=e1-1');
    send('retry: 3000\n\nid: e1-1\n\n');
    item(2);
    item(5, 2);
    send(`id: e1-9\nevent: live\ndata: ${JSON.stringify(protocolMessages.live(9, 5))}\n\n: hb\n\nid: e1-12\n\n`);
    await noted('live');
    await expect.poll(() => client.cursor).toBe('e1-12');
    expect(notes).toEqual(['state catching-up', 'item 2', 'item 5', 'state live', 'live e1-9']);
  });

  it('continues from its cursor when the stream ends', async () => {
    const { noted } = start(noSocket);
    const first = await stream();
    first.send('id: e1-0\n\n');
    first.item(1);
    await noted('item 1');
    first.end();
    expect((await stream()).url).toBe('/events?after=e1-1');
  });

  it('subscribes again after a gap', async () => {
    const { notes, noted } = start(noSocket);
    const first = await stream();
    first.send('id: e1-0\n\n');
    first.item(1);
    first.item(4, 3);
    const second = await stream();
    await first.gone;
    expect(second.url).toBe('/events?after=e1-1');
    second.item(3, 1);
    await noted('item 3');
    expect(notes).not.toContain('item 4');
  });

  it('reads the newest items on a reset, and continues after them', async () => {
    const { noted } = start({ ...noSocket, after: 'e1-3' });
    const first = await stream();
    first.send(`id: e1-60\nevent: reset\ndata: ${JSON.stringify(protocolMessages.reset('sse'))}\n\n`);
    await noted('reset cursor_too_old 1 e1-61');
    expect((await stream()).url).toBe('/events?after=e1-61');
  });

  it('ends with the code of bye', async () => {
    const { waits } = start(noSocket);
    const first = await stream();
    first.send(`id: e1-0\n\nevent: bye\ndata: ${JSON.stringify(protocolMessages.bye(4006, 'max_age', 700))}\n\n`);
    first.end();
    await stream();
    expect(waits).toEqual([700]);
  });

  it('requests a stream and a snapshot with all its filters', async () => {
    const asked: string[] = [];
    const answer = scripted.server.answer;
    scripted.server.answer = (request, response) => {
      asked.push(decodeURIComponent(request.url ?? ''));
      answer(request, response);
    };
    const { noted } = start({ ...noSocket, filters: [{ sections: ['World'] }, { q: 'tax' }], after: 'e1-1' });
    (await stream()).send(`id: e1-60\nevent: reset\ndata: ${JSON.stringify(protocolMessages.reset('sse'))}\n\n`);
    await noted('reset cursor_too_old 1 e1-61');
    const filters = 'filter={"sections":["World"]}&filter={"q":"tax"}';
    expect(asked.slice(0, 2)).toEqual([`/events?${filters}&after=e1-1`, `/api/items?${filters}&limit=100`]);
  });

  it('ends when the request is refused', async () => {
    const { noted, problems } = start({ ...noSocket, filter: { sections: [''] } });
    (await stream(400)).end();
    await noted('state closed');
    expect(problems).toMatchObject([{ code: 'HTTP 400', fatal: true }]);
  });

  it('retries when the server is busy', async () => {
    start(noSocket);
    (await stream(503)).end();
    (await stream(502)).end();
    await stream();
  });

  it('ends a stream without messages', async () => {
    const { noted, fireWatchdogs } = start(noSocket);
    const first = await stream();
    first.send('id: e1-0\n\n');
    await noted('state catching-up');
    fireWatchdogs();
    await first.gone;
    expect((await stream()).url).toBe('/events?after=e1-0');
  });

  it('is closed permanently', async () => {
    const { client, noted } = start(noSocket);
    const first = await stream();
    first.send('id: e1-0\n\n');
    await noted('state catching-up');
    client.close();
    await first.gone;
    expect(scripted.server.requests).toHaveLength(1);
  });
});

describe('a client behind a proxy that blocks WebSocket', () => {
  it('uses server-sent events after two attempts', async () => {
    scripted.server.refusesSockets = true;
    const { noted } = start();
    const first = await stream();
    expect(scripted.server.requests).toEqual(['upgrade /live', 'upgrade /live', '/events?after=head']);
    first.send('id: e1-0\n\n');
    first.item(1);
    await noted('item 1');
  });

  it('tries a WebSocket again whenever a stream has ended', async () => {
    scripted.server.refusesSockets = true;
    const { noted } = start();
    const first = await stream();
    first.send('id: e1-0\n\n');
    first.item(1);
    await noted('item 1');
    first.end();
    const second = await stream();
    expect(scripted.server.requests.slice(3)).toEqual(['upgrade /live', '/events?after=e1-1']);
    scripted.server.refusesSockets = false;
    second.end();
    const peer = await scripted.server.peer();
    peer.send(protocolMessages.welcome);
    expect(await peer.nextMessage()).toMatchObject({ type: 'subscribe', after: 'e1-1' });
  });

  it('uses server-sent events when the browser refuses to open a WebSocket', async () => {
    const openSocket = () => {
      throw new Error('mixed content');
    };
    const { problems } = start({ runtime: { openSocket } });
    await stream();
    expect(problems.map(({ code, fatal }) => [code, fatal])).toEqual([
      ['connection_failed', false],
      ['connection_failed', false],
    ]);
  });

  it('does not count a connection that broke after the welcome as blocked', async () => {
    start();
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const peer = await scripted.server.peer();
      peer.send(protocolMessages.welcome);
      await peer.nextMessage();
      peer.cut();
    }
    await scripted.server.peer();
    expect(scripted.server.requests.every((request) => request === 'upgrade /live')).toBe(true);
  });
});
