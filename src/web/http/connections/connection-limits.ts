import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { minuteMs } from '../../../domain/durations.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { EventLoopBudget } from '../../../runtime/event-loop-budget.ts';
import type { Log } from '../../../runtime/log.ts';
import { addressKey } from '../../shared/address-key.ts';
import { ConcurrencyLimit } from '../limits/concurrency-limit.ts';
import { RequestPipeline } from './request-pipeline.ts';
import { refuseConnection, refuseRequest } from './too-many-connections.ts';
import { UnsentResponses } from './unsent-responses.ts';

/** What ordinary connections are limited by. */
export interface ConnectionLimitOptions {
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
  /** Connections of one address (IPv6: a /64); behind a trusted proxy, requests under way for it. */
  readonly maxPerAddress: number;
  /** Whose request this is. */
  clientAddress(incoming: IncomingMessage): string;
  /** Whether the connections of an address carry the requests of many clients. */
  isTrustedProxy(address: string): boolean;
  /** Whether a request opens a stream of events: those are counted and timed by the live side. */
  isStream(incoming: IncomingMessage): boolean;
  /** In all; 64 MB unless a test says otherwise. */
  readonly maxUnsentBytes?: number;
  /** 30 s unless a test says otherwise. */
  readonly writeTimeoutMs?: number;
}

const defaultMaxUnsentBytes = 64 * 1024 * 1024;
const defaultWriteTimeoutMs = 30_000;
/** Of one turn of the event loop: a request that begins within it is handled to its end. */
const turnShareMs = 20;
/** An attack must not fill the log. */
const warnEveryMs = minuteMs;

/** The limits in force on one server. */
export interface ConnectionLimits {
  /** Puts the limits in front of the server's listener, whichever way that answers. */
  wrap(listener: RequestListener): RequestListener;
  /** Limits the connections of a server, from now on. */
  watch(server: Server): void;
}

/** A connection that counts for its address. */
interface Counted {
  readonly key: string;
  release: () => void;
}

/**
 * Bounds what clients that do not read, or that open many connections, can take: requests are answered one after
 * another on each connection, bytes that wait to be sent are bounded in all, a connection on which nothing moves for
 * 30 s while data waits is closed, and an address may have so many connections and no more. Loopback is not limited by
 * address: the tools of this machine and a proxy on it come from there.
 */
export function createConnectionLimits(parts: ConnectionLimitOptions): ConnectionLimits {
  const warn = createWarning(parts);
  const unsent = new UnsentResponses({
    maxBytes: parts.maxUnsentBytes ?? defaultMaxUnsentBytes,
    onClosed: (connections) => warn({ connections }, 'too much was unsent: closed connections that do not read'),
  });
  const addresses = new AddressLimit(parts, warn);
  const pipeline = new RequestPipeline({
    unsent,
    turns: new EventLoopBudget(parts.clock, turnShareMs),
    ownerOf: (incoming) => ownerOf(incoming, parts),
    isStream: parts.isStream,
    admit: (incoming, outgoing) => addresses.admit(incoming, outgoing),
  });
  return {
    wrap: (listener) => pipeline.wrap(listener),
    watch(server) {
      server.timeout = parts.writeTimeoutMs ?? defaultWriteTimeoutMs;
      // With a listener of ours Node closes nothing by itself: idle connections are ours to close, too.
      server.on('timeout', (socket: Socket) => {
        if (!pipeline.mayBeIdle(socket)) socket.destroy();
      });
      server.on('connection', (socket) => addresses.accept(socket));
      // From here on it is a WebSocket, which the live side counts, or it is refused and closed.
      server.on('upgrade', (_request, socket) => addresses.release(socket as Socket));
    },
  };
}

/** What the addresses of clients have open. */
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

  /** Counts a new connection, or refuses it. */
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

  /** The connection counts no longer. */
  release(socket: Socket): void {
    this.#counted.get(socket)?.release();
  }

  /** See `PipelineParts.admit`. */
  admit(incoming: IncomingMessage, outgoing: ServerResponse): (() => void) | null {
    const { isStream, isTrustedProxy, clientAddress } = this.#parts;
    const { socket } = incoming;
    if (isStream(incoming)) return this.#suspend(socket);
    if (!isTrustedProxy(socket.remoteAddress ?? '')) return nothing;
    const key = addressKey(clientAddress(incoming));
    if (key === null) return nothing;
    if (!this.#open.isFull(key)) return this.#open.add(key);
    refuseRequest(outgoing, this.#refusal(key));
    return null;
  }

  /** A stream is counted by the live side. The connection counts here again when the stream ends before it. */
  #suspend(socket: Socket): () => void {
    const counted = this.#counted.get(socket);
    if (counted === undefined) return nothing;
    counted.release();
    return () => {
      if (!socket.destroyed) counted.release = this.#open.add(counted.key);
    };
  }

  #refusal(address: string): string {
    const { maxPerAddress } = this.#parts;
    this.#warn(
      { address, maxPerAddress },
      'an address has too many connections: if it is a proxy, add it to TRUSTED_PROXIES, else raise HTTP_MAX_PER_ADDRESS',
    );
    return `Too many connections from your address: no more than ${maxPerAddress} may be open at a time.\n`;
  }
}

function nothing(): void {}

/** Each address takes its turn, and so do health checks: nobody is to think us dead because others ask for much. */
function ownerOf(incoming: IncomingMessage, { clientAddress }: ConnectionLimitOptions): string {
  if (incoming.url === '/healthz' || incoming.url === '/readyz') return 'health';
  return addressKey(clientAddress(incoming)) ?? 'loopback';
}

/** One line a minute, whatever it says: an attack must not fill the log. */
function createWarning({ clock, log }: ConnectionLimitOptions): (facts: object, message: string) => void {
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  return (facts, message) => {
    const nowMs = clock.monotonic();
    if (nowMs < quietUntilMs) return;
    quietUntilMs = nowMs + warnEveryMs;
    log.warn(facts, message);
  };
}
