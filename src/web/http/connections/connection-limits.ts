import { type IncomingMessage, type RequestListener, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { minuteMs } from '../../../domain/durations.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { EventLoopBudget } from '../../../runtime/event-loop-budget.ts';
import type { Log } from '../../../runtime/log.ts';
import { addressKey } from '../../shared/client-address.ts';
import { ConcurrencyLimit } from '../../shared/client-limits.ts';
import { ignoreFurtherRequests } from './discard-requests.ts';
import { RequestPipeline } from './request-pipeline.ts';
import { UnsentResponses } from './unsent-responses.ts';

/** The limits of HTTP connections. */
export interface ConnectionLimitOptions {
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** The connections of one address (IPv6: a /64). Behind a trusted proxy: its concurrent requests. */
  readonly maxPerAddress: number;
  clientAddress(incoming: IncomingMessage): string;
  /** Whether connections from an address carry requests of many clients. */
  isTrustedProxy(address: string): boolean;
  /** Whether a request opens an event stream. The live sessions limit those. */
  isStream(incoming: IncomingMessage): boolean;
  /** Of all connections. Default: 64 MB. */
  readonly maxUnsentBytes?: number;
  /** Default: 30 s. */
  readonly writeTimeoutMs?: number;
}

const defaultMaxUnsentBytes = 64 * 1024 * 1024;
const defaultWriteTimeoutMs = 30_000;
/** The time for new requests in each tick of the event loop. A request that starts within it runs to its end. */
const tickShareMs = 20;
/** An attack must not fill the log. */
const warnIntervalMs = minuteMs;

/** The limits of one server. */
export interface ConnectionLimits {
  /** Puts the limits in front of the server's listener. */
  wrap(listener: RequestListener): RequestListener;
  /** Starts to limit the connections of a server. */
  watch(server: Server): void;
}

/** A connection that is counted for its address. */
interface Counted {
  readonly key: string;
  release: () => void;
}

/**
 * Limits the resources that clients can use by opening many connections or by not reading: each connection handles one
 * request at a time, all unsent bytes together are bounded, a connection that sends nothing for 30 s while data waits is
 * closed, and each address has a maximum of connections. Loopback has no such maximum: local tools and a proxy on this
 * machine use it.
 */
export function createConnectionLimits(parts: ConnectionLimitOptions): ConnectionLimits {
  const warn = createWarning(parts);
  const unsent = new UnsentResponses({
    maxBytes: parts.maxUnsentBytes ?? defaultMaxUnsentBytes,
    onClosed: (connections) => warn({ connections }, 'too many unsent bytes: closed connections that do not read'),
  });
  const addresses = new AddressLimit(parts, warn);
  const pipeline = new RequestPipeline({
    unsent,
    turns: new EventLoopBudget(parts.clock, tickShareMs),
    ownerOf: (incoming) => ownerOf(incoming, parts),
    isStream: parts.isStream,
    admit: (incoming, outgoing) => addresses.admit(incoming, outgoing),
  });
  return {
    wrap: (listener) => pipeline.wrap(listener),
    watch(server) {
      server.timeout = parts.writeTimeoutMs ?? defaultWriteTimeoutMs;
      // With a listener Node does not close idle connections itself.
      server.on('timeout', (socket: Socket) => {
        if (!pipeline.mayBeIdle(socket)) socket.destroy();
      });
      server.on('connection', (socket) => addresses.accept(socket));
      // From here on it is a WebSocket, which the live sessions count, or it is refused and closed.
      server.on('upgrade', (_request, socket) => addresses.release(socket as Socket));
    },
  };
}

/** Counts the connections of each address. */
class AddressLimit {
  readonly #parts: ConnectionLimitOptions;
  readonly #warn: (facts: object, message: string) => void;
  readonly #open: ConcurrencyLimit;
  readonly #counted = new WeakMap<Socket, Counted>();

  constructor(parts: ConnectionLimitOptions, warn: (facts: object, message: string) => void) {
    this.#parts = parts;
    this.#warn = warn;
    this.#open = new ConcurrencyLimit(parts.maxPerAddress);
  }

  accept(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const key = this.#parts.isTrustedProxy(address) ? null : addressKey(address);
    if (key === null) return;
    if (this.#open.isFull(key)) {
      refuseConnection(socket, this.#refusal(key));
      return;
    }
    const counted: Counted = { key, release: this.#open.add(key) };
    this.#counted.set(socket, counted);
    socket.once('close', () => counted.release());
  }

  release(socket: Socket): void {
    this.#counted.get(socket)?.release();
  }

  /** See `RequestPipelineOptions.admit`. */
  admit(incoming: IncomingMessage, outgoing: ServerResponse): (() => void) | null {
    const { isStream, isTrustedProxy, clientAddress } = this.#parts;
    const { socket } = incoming;
    if (isStream(incoming)) return this.#suspend(socket);
    if (!isTrustedProxy(socket.remoteAddress ?? '')) return noop;
    const key = addressKey(clientAddress(incoming));
    if (key === null) return noop;
    if (!this.#open.isFull(key)) return this.#open.add(key);
    refuseRequest(outgoing, this.#refusal(key));
    return null;
  }

  /** The live sessions count a stream. The connection is counted here again when the stream ends before it. */
  #suspend(socket: Socket): () => void {
    const counted = this.#counted.get(socket);
    if (counted === undefined) return noop;
    counted.release();
    return () => {
      if (!socket.destroyed) counted.release = this.#open.add(counted.key);
    };
  }

  #refusal(address: string): string {
    const { maxPerAddress } = this.#parts;
    this.#warn(
      { address, maxPerAddress },
      'too many connections from one address: if it is a proxy, add it to TRUSTED_PROXIES, else raise HTTP_MAX_PER_ADDRESS',
    );
    return `Your address has too many connections. At most ${maxPerAddress} may be open at a time. Close one and try again.\n`;
  }
}

function noop(): void {}

/** Addresses are served in turns. Health checks have their own turn, so that load does not make them fail. */
function ownerOf(incoming: IncomingMessage, { clientAddress }: ConnectionLimitOptions): string {
  if (incoming.url === '/healthz' || incoming.url === '/readyz') return 'health';
  return addressKey(clientAddress(incoming)) ?? 'loopback';
}

/** Logs at most one warning a minute. */
function createWarning({ clock, log }: ConnectionLimitOptions): (facts: object, message: string) => void {
  let mutedUntilMs = Number.NEGATIVE_INFINITY;
  return (facts, message) => {
    const nowMs = clock.monotonic();
    if (nowMs < mutedUntilMs) return;
    mutedUntilMs = nowMs + warnIntervalMs;
    log.warn(facts, message);
  };
}

/** Closing a connection with unread input resets it, and the reset can overtake the response. */
const lingerMs = 500;

/** The headers of a response that is not sent by a route. */
const refusalHeaders = {
  'Content-Type': 'text/plain; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Retry-After': '30',
} as const;

/**
 * Answers 429 on a new connection, discards its input, and closes it soon after.
 *
 * @param message plain text, with its newline.
 */
function refuseConnection(socket: Socket, message: string): void {
  const headers = { Connection: 'close', ...refusalHeaders, 'Content-Length': Buffer.byteLength(message) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  ignoreFurtherRequests(socket);
  socket.end(`HTTP/1.1 429 ${STATUS_CODES[429]}\r\n${lines.join('')}\r\n${message}`);
  const close = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(close));
}

/** Answers 429 to a request. The connection stays open. */
function refuseRequest(outgoing: ServerResponse, message: string): void {
  outgoing.writeHead(429, { ...refusalHeaders, 'Content-Length': Buffer.byteLength(message) }).end(message);
}
