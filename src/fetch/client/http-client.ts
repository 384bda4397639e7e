import { Agent } from 'undici';
import type { Failure } from '../../domain/failure.ts';
import { type Note, note } from '../../domain/notes/note.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type ConfiguredHosts, createAddressGuard } from './address-guard.ts';
import { type BodyMemory, createBodyMemory, type MemoryReservation } from './body-memory.ts';
import { createAddressLookup, createConnector, type Dial } from './connector.ts';
import { decodeBody } from './decompress.ts';
import { Exchange, type WireResponse } from './exchange.ts';
import { asFetchError, deadlineError, FetchError } from './fetch-error.ts';
import { defaultFetchLimits, type FetchLimits } from './fetch-limits.ts';
import type { HeaderList } from './header-list.ts';
import { createResolver, type Resolve } from './resolver.ts';

export interface HttpClientOptions {
  readonly clock: Clock;
  /** CIDRs that every host may use, on any port, also by name. */
  readonly allowPrivateNetworks: readonly string[];
  /** CIDRs that only hosts configured by the operator may use. */
  readonly configuredHosts?: ConfiguredHosts;
  /** Origins of this server, which it never requests. */
  readonly ownOrigins?: readonly string[];
  readonly limits?: Partial<FetchLimits>;
  readonly resolve?: Resolve;
  readonly dial?: Dial;
  /** Connections per origin; 1 if absent. */
  readonly connections?: number;
  /** The only ports allowed outside those networks; absent: all ports except those of other protocols. */
  readonly ports?: readonly number[];
  /** Certificate authorities in addition to the built-in ones, PEM. */
  readonly ca?: readonly string[];
}

interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  /** Absolute, or relative to `base`. */
  readonly url: string;
  readonly base?: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | null;
  /** Whether the body of a response with this status is read; by default of 2xx. */
  readonly needsBody?: (status: number) => boolean;
  /** The rest of a deadline over several requests; by default `totalMs`. */
  readonly timeoutMs?: number;
}

export interface HttpResponse {
  readonly kind: 'answered';
  /** The requested URL, without fragment. */
  readonly url: URL;
  readonly status: number;
  readonly headers: HeaderList;
  /** Decompressed, in an ArrayBuffer of its own; empty if not needed. */
  readonly body: Uint8Array;
  /** Bytes of the body as received. */
  readonly bytes: number;
  readonly notes: readonly Note[];
}

export interface HttpFailure {
  readonly kind: 'failed';
  readonly failure: Failure;
  /** One line without control characters and secrets. */
  readonly detail: string;
  readonly status: number | null;
  readonly bytes: number;
  readonly notes: readonly Note[];
}

/** The client for all outgoing requests. It does not follow redirects: see `followRedirects`. */
export interface HttpClient {
  readonly limits: FetchLimits;
  /**
   * Sends one request. Whatever the peer does is a value, not an exception.
   *
   * @throws the signal's reason when the signal is aborted; nothing else.
   */
  request(request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse | HttpFailure>;
  /**
   * The address that a connection to a host (with its port, unless it is the default) would use first; null: none. For
   * an IP address it is returned synchronously. Never rejects.
   */
  addressOf(host: string): string | null | Promise<string | null>;
  openOrigins(): readonly string[];
  /** Closes all connections; running requests fail. */
  close(): Promise<void>;
}

/** Creates a client with its own guarded connections, lookups and memory limits. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { clock, allowPrivateNetworks, ownOrigins = [] } = options;
  const limits: FetchLimits = { ...defaultFetchLimits, ...options.limits };
  const { ports } = options;
  const guard = createAddressGuard({
    allow: allowPrivateNetworks,
    ownOrigins,
    ...(options.configuredHosts === undefined ? {} : { configuredHosts: options.configuredHosts }),
    ...(ports === undefined ? {} : { ports }),
  });
  const mixed = new Set<string>();
  const lookUp = { guard, limits, resolve: options.resolve ?? createResolver({ clock }) };
  const connect = createConnector({
    ...lookUp,
    onAddressExcluded: ({ hostname }) => mixed.add(hostname),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.dial === undefined ? {} : { dial: options.dial }),
  });
  const agent = createAgent(connect, limits, options.connections ?? 1);
  const sent = countRequests(agent);
  const large = createBodyMemory(Math.floor(limits.maxReservedBytes / (limits.maxWireBytes + limits.maxBodyBytes)));
  const context: ClientContext = { agent, limits, clock, large, sent };

  const request: HttpClient['request'] = async (call, signal) => {
    signal?.throwIfAborted();
    let url: URL;
    try {
      url = guard.check(call.url, call.base);
    } catch (error) {
      return failed(asFetchError(error));
    }
    const response = await send(context, { ...call, url }, signal);
    if (response.kind === 'failed' || !mixed.delete(url.hostname)) return response;
    return { ...response, notes: [...response.notes, note('blocked_address')] };
  };

  return {
    limits,
    request,
    addressOf: createAddressLookup(lookUp),
    openOrigins: () => Object.keys(agent.stats),
    close: () => agent.destroy(null),
  };
}

/** What all exchanges of a client share. */
interface ClientContext {
  readonly agent: Agent;
  readonly limits: FetchLimits;
  readonly clock: Clock;
  readonly large: BodyMemory;
  /** Counts a request on its origin's connection; returns whether the connection has carried an earlier request. */
  readonly sent: (origin: string) => boolean;
}

type CheckedRequest = Omit<HttpRequest, 'url'> & { readonly url: URL };

function createAgent(connect: Agent.Options['connect'] & object, limits: FetchLimits, connections: number): Agent {
  return new Agent({
    connect,
    // One connection per origin with one request at a time: politeness, and `countRequests` is exact. With more
    // connections it may take a new connection for a reused one, which costs one repeated GET.
    connections,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: limits.maxHeaderBytes,
    keepAliveTimeout: limits.keepAliveMs,
    keepAliveMaxTimeout: limits.maxKeepAliveMs,
    // Exchange has stricter deadlines of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function countRequests(agent: Agent): ClientContext['sent'] {
  const onConnection = new Map<string, number>();
  agent.on('connect', ({ origin }) => onConnection.set(origin, 0));
  agent.on('disconnect', ({ origin }) => onConnection.delete(origin));
  return (origin) => {
    const before = onConnection.get(origin) ?? 0;
    onConnection.set(origin, before + 1);
    return before > 0;
  };
}

async function send(
  context: ClientContext,
  request: CheckedRequest,
  signal?: AbortSignal,
): Promise<HttpResponse | HttpFailure> {
  const reservation = context.large.reserve();
  const progress = { status: null as number | null, bytes: 0 };
  try {
    const wire = await exchangeWithRetry(context, request, { reservation, progress, signal });
    const { body, notes } = await decode(wire, context.limits, reservation);
    const { status, headers, bytes } = wire;
    return { kind: 'answered', url: request.url, status, headers, body, bytes, notes };
  } catch (error) {
    signal?.throwIfAborted();
    return failed(asFetchError(error), progress);
  } finally {
    reservation.release();
  }
}

interface Attempt {
  readonly reservation: MemoryReservation;
  readonly progress: { status: number | null; bytes: number };
  readonly signal: AbortSignal | undefined;
}

/**
 * The peer may close an idle connection at the moment of its reuse (RFC 9112 section 9.3.1). If nothing was received, a
 * safe request is sent once more, on a new connection.
 */
async function exchangeWithRetry(
  context: ClientContext,
  request: CheckedRequest,
  attempt: Attempt,
): Promise<WireResponse> {
  const startedMs = context.clock.monotonic();
  const timeoutMs = request.timeoutMs ?? context.limits.totalMs;
  const first = await exchangeOnce(context, { ...request, timeoutMs }, attempt);
  if (first !== 'stale') return first;
  const second = await exchangeOnce(
    context,
    { ...request, timeoutMs: timeoutMs - (context.clock.monotonic() - startedMs) },
    attempt,
  );
  if (second !== 'stale') return second;
  throw new FetchError('connect_error', 'The connection closed twice before a response. Newswire tries again later');
}

async function exchangeOnce(
  context: ClientContext,
  request: CheckedRequest,
  attempt: Attempt,
): Promise<WireResponse | 'stale'> {
  const { method = 'GET', url, headers = {}, body = null, timeoutMs = context.limits.totalMs } = request;
  if (timeoutMs <= 0) throw deadlineError('waiting', context.limits);
  let reused = false;
  const exchange = new Exchange({
    limits: context.limits,
    timeoutMs,
    reservation: attempt.reservation,
    needsBody: request.needsBody ?? ((status) => status >= 200 && status < 300),
    onSent: () => {
      reused = context.sent(url.origin);
    },
  });
  const onAbort = (): void => exchange.abort(new FetchError('internal_error', 'The fetch was aborted'));
  attempt.signal?.addEventListener('abort', onAbort);
  // Not pathname and search: they lose a trailing "?".
  const path = url.href.slice(url.origin.length);
  context.agent.dispatch({ origin: url.origin, path, method, headers, body }, exchange);
  try {
    return await exchange.response;
  } catch (error) {
    const safe = method === 'GET' || method === 'HEAD';
    if (safe && reused && !exchange.receivedAny && exchange.closedByPeer) return 'stale';
    throw error;
  } finally {
    attempt.progress.status = exchange.status;
    attempt.progress.bytes = exchange.bytes;
    attempt.signal?.removeEventListener('abort', onAbort);
  }
}

async function decode(wire: WireResponse, limits: FetchLimits, reservation: MemoryReservation) {
  const { body, headers } = wire;
  if (body.length === 0) return { body, notes: [] };
  return await decodeBody(body, headers.all('content-encoding'), {
    limits,
    reserveMemory: () => reservation.acquire(),
  });
}

function failed(error: FetchError, progress: { status: number | null; bytes: number } = nothingYet): HttpFailure {
  const { failure, message: detail, notes } = error;
  return { kind: 'failed', failure, detail, notes, ...progress };
}

const nothingYet = { status: null, bytes: 0 };
