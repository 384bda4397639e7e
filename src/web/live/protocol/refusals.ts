import type { RefusalReason } from '../session/session-registry.ts';

/** An answer in plain HTTP to a reader who cannot be let in. */
export interface HttpRefusal {
  readonly status: 400 | 403 | 404 | 429 | 503;
  readonly code: string;
  readonly message: string;
  readonly retryAfterS?: number;
}

/** What each refusal is in HTTP. */
export const sessionRefusals: Readonly<Record<RefusalReason, HttpRefusal>> = {
  address: {
    status: 429,
    code: 'too_many_connections',
    message: 'Too many connections from your address.',
    retryAfterS: 30,
  },
  process: { status: 503, code: 'busy', message: 'Too many connections; try again later.', retryAfterS: 30 },
  closing: { status: 503, code: 'stopping', message: 'The server is stopping; try again in a moment.', retryAfterS: 5 },
};

/** What a handshake that cannot become a session is answered. */
export const handshakeRefusals = {
  subprotocol: {
    status: 400,
    code: 'bad_subprotocol',
    message: 'The subprotocol spoken here is newswire.v1.json.',
  },
  host: { status: 400, code: 'bad_host', message: 'A request must have one Host header.' },
  origin: { status: 403, code: 'bad_origin', message: 'Pages of this origin may not connect.' },
  address: { status: 404, code: 'not_found', message: 'There is no WebSocket here; try /live.' },
} as const satisfies Readonly<Record<string, HttpRefusal>>;
