import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clientMessages, resetReasons, serverMessages } from '../../src/web/api/live-messages.ts';
import { protocolErrors } from '../../src/web/live/protocol/client-messages.ts';
import {
  type CloseCode,
  closeCodes,
  type HttpRefusal,
  handshakeRefusals,
  sessionRefusals,
  webSocketCloseCodes,
} from '../../src/web/live/protocol/close-codes.ts';
import { liveLimits } from '../../src/web/live/protocol/live-limits.ts';
import { subprotocol } from '../../src/web/live/websocket/websocket-server.ts';
import { createProtocolCheck } from '../support/live/protocol-check.ts';
import { makeApp } from '../support/web/test-app.ts';

const text = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8');

/** A table exactly as it must be in the document. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function seconds(ms: number): string {
  return `${ms / 1000}`;
}

function waitOf({ retryAfterMs }: CloseCode): string {
  return retryAfterMs === null ? 'do not' : `after ${retryAfterMs.map(seconds).join(' to ')} s`;
}

const ownCodes = Object.values(closeCodes).map((close) => [
  String(close.code),
  `\`${close.reason}\``,
  waitOf(close),
  close.meaning,
]);
const plainCodes = webSocketCloseCodes.map(({ code, meaning }) => [
  String(code),
  '',
  'do not',
  `${meaning} No \`bye\`.`,
]);
const answers: readonly HttpRefusal[] = [...Object.values(handshakeRefusals), ...Object.values(sessionRefusals)];

describe('docs/PROTOCOL.md', () => {
  it.each([
    ['close codes', table(['code', 'reason', 'reconnect', 'meaning'], [...ownCodes, ...plainCodes])],
    [
      'limits',
      table(
        ['limit', 'maximum', 'when exceeded'],
        liveLimits().map(({ limit, maximum, whenExceeded }) => [limit, maximum, whenExceeded]),
      ),
    ],
    [
      'error codes',
      table(
        ['code', 'meaning'],
        Object.entries(protocolErrors).map(([code, meaning]) => [`\`${code}\``, meaning]),
      ),
    ],
    [
      'reset reasons',
      table(
        ['reason', 'meaning'],
        Object.entries(resetReasons).map(([reason, meaning]) => [`\`${reason}\``, meaning]),
      ),
    ],
    [
      'refusals',
      table(
        ['status', 'Retry-After', 'message'],
        answers.map(({ status, retryAfterS, message }) => [String(status), retryAfterS?.toString() ?? '', message]),
      ),
    ],
  ])('contains the table of %s that the server uses', (_, expected) => {
    expect(text).toContain(expected);
  });

  it('shows valid messages of every type', async () => {
    const check = createProtocolCheck(await (await makeApp().get('/api/asyncapi.json')).json());
    const shown = { client: new Set<string>(), server: new Set<string>() };
    for (const [, who, block = ''] of text.matchAll(/```json (client|server)\n([\s\S]*?)```/g)) {
      const from = who === 'client' ? 'client' : 'server';
      for (const line of block.trim().split('\n')) {
        check.record(from, line);
        shown[from].add((JSON.parse(line) as { type: string }).type);
      }
    }
    expect(check.faults).toEqual([]);
    expect([...shown.client].sort()).toEqual(Object.keys(clientMessages).sort());
    expect([...shown.server].sort()).toEqual(Object.keys(serverMessages).sort());
  });

  it('names the subprotocol that is spoken', () => {
    expect(text).toContain(`\`${subprotocol}\``);
  });
});
