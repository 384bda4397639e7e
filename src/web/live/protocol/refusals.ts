/** Why a session may not be opened: the limit of its address, the limit of the process, or the server is stopping. */
export type RefusalReason = 'address' | 'process' | 'closing';

/** An HTTP response to a client whose session is refused. */
export interface HttpRefusal {
  readonly status: 400 | 403 | 404 | 429 | 503;
  readonly code: string;
  readonly message: string;
  readonly retryAfterS?: number;
}

/** The response for each reason of the session registry. */
export const sessionRefusals: Readonly<Record<RefusalReason, HttpRefusal>> = {
  address: {
    status: 429,
    code: 'too_many_connections',
    message: 'Your address has too many live connections. Close one, or try again later.',
    retryAfterS: 30,
  },
  process: {
    status: 503,
    code: 'busy',
    message: 'The server has too many live connections. Try again later.',
    retryAfterS: 30,
  },
  closing: { status: 503, code: 'stopping', message: 'The server is stopping. Try again in a moment.', retryAfterS: 5 },
};

/** The responses to invalid handshakes. */
export const handshakeRefusals = {
  subprotocol: {
    status: 400,
    code: 'bad_subprotocol',
    message: 'The server does not support the offered subprotocols. Offer newswire.v1.json, or none.',
  },
  host: { status: 400, code: 'bad_host', message: 'The request has several Host headers. Send exactly one.' },
  origin: {
    status: 403,
    code: 'bad_origin',
    message: 'Pages of this origin may not connect. The operator can allow it with ALLOWED_ORIGINS.',
  },
  address: { status: 404, code: 'not_found', message: 'There is no WebSocket at this address. Use /live.' },
} as const satisfies Readonly<Record<string, HttpRefusal>>;
