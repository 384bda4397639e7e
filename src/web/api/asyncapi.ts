import { maxFilters } from '../../push/fanout/event-filter.ts';
import { protocolErrors } from '../live/protocol/client-messages.ts';
import { closeCodes, handshakeRefusals, sessionRefusals, webSocketCloseCodes } from '../live/protocol/close-codes.ts';
import { liveLimits } from '../live/protocol/live-limits.ts';
import { subprotocol } from '../live/websocket/websocket-server.ts';
import {
  clientMessages,
  type MessageDescription,
  resetReasons,
  serverMessages,
  streamMessages,
} from './live-messages.ts';
import { arrayOf, booleanSchema, ref, stringSchema, wireSchemas, withDescription } from './wire-schemas.ts';

/** The server that the document describes. */
export interface AsyncApiOptions {
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly version: string;
}

/** The query parameters of both channels: a subscription. */
const query = {
  type: 'object',
  additionalProperties: false,
  properties: {
    section: arrayOf(stringSchema),
    source: arrayOf(stringSchema),
    category: arrayOf(stringSchema),
    language: arrayOf(stringSchema),
    q: stringSchema,
    backfill: booleanSchema,
    filter: withDescription(
      arrayOf(
        { ...stringSchema, contentMediaType: 'application/json', contentSchema: ref('Filter') },
        { maxItems: maxFilters },
      ),
      'Filters as JSON, combined with OR. Cannot be combined with the parameters above.',
    ),
    after: { anyOf: [ref('Cursor'), { enum: ['head', 'floor'] }] },
  },
};

/** Describes the live protocol as an AsyncAPI 3.0 document, from the tables that the server uses. */
export function createAsyncApi({ publicUrl, version }: AsyncApiOptions): object {
  return {
    asyncapi: '3.0.0',
    info: { title: 'Newswire live', version, description: overview(), license: { name: 'MIT' } },
    defaultContentType: 'application/json',
    servers: serversOf(new URL(publicUrl)),
    channels: { live: liveChannel(), events: eventsChannel() },
    operations: operations(),
    components: { schemas: wireSchemas, messages: messages() },
    'x-close-codes': [...Object.values(closeCodes), ...webSocketCloseCodes],
    'x-reset-reasons': resetReasons,
    'x-error-codes': protocolErrors,
    'x-limits': liveLimits(),
    'x-refusals': [...Object.values(handshakeRefusals), ...Object.values(sessionRefusals)],
  };
}

function overview(): string {
  return [
    'One event log, which clients read from any position, over WebSocket or as server-sent events.',
    'Client rule: if `prev > last`, events are missing: subscribe again with `after: last`.',
    'Otherwise drop an event with `seq <= last`, and apply any other. Then set `last = max(last, seq)`.',
    'On `reset` read `/api/items` with the same filter, or with each of `filters` as a parameter `filter` in JSON, and',
    'subscribe with its `cursor`.',
    'A client MUST ignore unknown message types and fields: later versions may add some.',
  ].join(' ');
}

function serversOf({ protocol, host, pathname }: URL): object {
  const isSecure = protocol === 'https:';
  const path = pathname === '/' ? {} : { pathname };
  return {
    live: { host, protocol: isSecure ? 'wss' : 'ws', ...path, description: 'WebSocket' },
    events: { host, protocol: isSecure ? 'https' : 'http', ...path, description: 'Server-sent events' },
  };
}

/** The name of a message includes its sender: both sides send a `ping`. */
function nameOf(from: 'client' | 'server', type: string): string {
  return `${from}.${type}`;
}

function messagesOf(
  channel: 'live' | 'events' | 'components',
  from: 'client' | 'server',
  types: readonly string[],
): Record<string, object> {
  return Object.fromEntries(
    types.map((type) => {
      const name = nameOf(from, type);
      const where = channel === 'components' ? 'components' : `channels/${channel}`;
      return [name, { $ref: `#/${where}/messages/${name}` }];
    }),
  );
}

function liveChannel(): object {
  return {
    address: '/live',
    title: 'WebSocket',
    description: `Text frames, one JSON object each; subprotocol ${subprotocol}. A query subscribes at once, with the id "url".`,
    servers: [{ $ref: '#/servers/live' }],
    messages: {
      ...messagesOf('components', 'client', Object.keys(clientMessages)),
      ...messagesOf('components', 'server', Object.keys(serverMessages)),
    },
    bindings: { ws: { method: 'GET', query, bindingVersion: '0.1.0' } },
  };
}

function eventsChannel(): object {
  return {
    address: '/events',
    title: 'Server-sent events',
    description: [
      'text/event-stream. `event:` is the type of the message in `data:`, `id:` the cursor after it.',
      'A block with an `id:` only moves the cursor. Last-Event-ID wins over `after`.',
    ].join(' '),
    servers: [{ $ref: '#/servers/events' }],
    messages: messagesOf('components', 'server', streamMessages),
    bindings: { http: { bindingVersion: '0.3.0' } },
  };
}

/** The operations of the server: it receives what clients send. */
function operations(): object {
  const operation = (action: 'send' | 'receive', channel: 'live' | 'events', types: readonly string[]) => ({
    action,
    channel: { $ref: `#/channels/${channel}` },
    messages: Object.values(messagesOf(channel, action === 'receive' ? 'client' : 'server', types)),
  });
  return {
    receiveFromClient: operation('receive', 'live', Object.keys(clientMessages)),
    sendToClient: operation('send', 'live', Object.keys(serverMessages)),
    streamToClient: operation('send', 'events', streamMessages),
  };
}

function messages(): object {
  const all = [
    ...Object.entries(clientMessages).map(([type, one]) => describe('client', type, one)),
    ...Object.entries(serverMessages).map(([type, one]) => describe('server', type, one)),
  ];
  return Object.fromEntries(all);
}

function describe(
  from: 'client' | 'server',
  type: string,
  { summary, payload, examples }: MessageDescription,
): [string, object] {
  const shown = examples.map((example) => ({ payload: example }));
  return [nameOf(from, type), { name: type, summary, payload, examples: shown }];
}
