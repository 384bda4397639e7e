import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { readyNchan } from '../../bench/push/nchan.ts';
import { driveNchan, frameOf } from '../../bench/push/nchan-server.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-nchan-test-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('nginx with nchan', () => {
  it.runIf(!('missing' in readyNchan()))(
    'delivers messages to a subscriber, and exits when it is stopped',
    async () => {
      const nchan = await driveNchan(folder);
      const received: string[] = [];
      const socket = new WebSocket(`${nchan.line.replace('http', 'ws')}/live?after=head`);
      socket.on('message', (data) => received.push(String(data)));
      try {
        await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
        await nchan.ask({ do: 'publish', commits: 2, events: 3, everyMs: 0, textBytes: 40_000, source: 'example' });
        await until('six messages', () => received.length === 6 || null);
        expect(received.map((text) => (JSON.parse(text) as { seq: number }).seq)).toEqual([1, 2, 3, 4, 5, 6]);
        expect(Object.keys(JSON.parse(received[0]!) as object)).toEqual(
          Object.keys(JSON.parse(frameOf(1, 40_000, 'example')) as object),
        );
        const reading = await nchan.ask({ do: 'read' });
        expect(reading.published).toHaveLength(6);
        expect(reading.rssKb).toBeGreaterThan(1000);
        expect(existsSync(path.join(folder, 'error.log'))).toBe(true);
      } finally {
        socket.terminate();
        await nchan.end();
      }
      await expect(fetch(nchan.line)).rejects.toThrow('fetch failed');
    },
  );
});
