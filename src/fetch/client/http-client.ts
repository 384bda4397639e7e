import { Agent } from 'undici';
import type { Failure } from '../../domain/polling/fetch-outcome.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type ConfiguredHosts, createAddressGuard } from './address-guard.ts';
import { type BodyMemory, createBodyMemory, type MemoryReservation } from './body-memory.ts';
import { createAddressLookup, createConnector, type Dial } from './connector.ts';
import { decodeBody } from './decompress.ts';
import { Exchange, type WireResponse } from './exchange.ts';
import { deadlineError } from './exchange-errors.ts';
import { asFetchError, FetchError } from './fetch-error.ts';
import { defaultFetchLimits, type FetchLimits } from './fetch-limits.ts';
import type { HeaderList } from './header-list.ts';
import { createResolver, type Resolve } from './resolver.ts';

export interface HttpClientOptions {
  readonly clock: Clock;
  /** CIDRs that may be reached on any port, by name too, whoever names the host. */
  readonly allowPrivateNetworks: readonly string[];
  /** CIDRs that may be reached at hosts that the operator configured. */
  readonly configured?: ConfiguredHosts;
  /** Origins of this very server, never asked. */
  readonly ownOrigins?: readonly string[];
  readonly limits?: Partial<FetchLimits>;
  readonly resolve?: Resolve;
  readonly dial?: Dial;
  /** Connections to one origin; 1 when absent. */
  readonly connections?: number;
  /** The only ports that may be reached, opened networks apart; absent: all but those of other protocols. */
  readonly ports?: readonly number[];
  /** Certificate authorities besides the built-in ones, PEM. */
  readonly ca?: readonly string[];
}

export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  /** Absolute, or relative to `base`. */
  readonly url: string;
  readonly base?: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | null;
  /** Whether the body of an answer with this status is read; by default of 2xx. */
  readonly wanted?: (status: number) => boolean;
  /** What is left of a deadline over several requests; by default the whole `totalMs`. */
  readonly withinMs?: number;
}

export interface HttpResponse {
  readonly kind: 'answered';
  /** The URL that was asked, without fragment. */
  readonly url: URL;
  readonly status: number;
  readonly headers: HeaderList;
  /** Decompressed, in memory of its own; empty when not wanted. */
  readonly body: Uint8Array;
  /** Bytes of the body on the wire. */
  readonly bytes: number;
  readonly notes: readonly string[];
}

export interface HttpFailure {
  readonly kind: 'failed';
  readonly failure: Failure;
  /** One cleaned line without secrets. */
  readonly detail: string;
  readonly status: number | null;
  readonly bytes: number;
  readonly notes: readonly string[];
}

/** The one client through which Newswire asks anybody anything. Redirects are answers like others: see `followRedirects`. */
export interface HttpClient {
  readonly limits: FetchLimits;
  /**
   * One request, one answer. Whatever the other side does is a value.
   *
   * @throws the signal's reason when the signal is aborted; nothing else.
   */
  request(request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse | HttpFailure>;
  /**
   * The address that a host (with its port, unless it is the usual one) would be connected to first; null: none. Of an
   * address in place of a name it is known at once. Never rejects.
   */
  addressOf(host: string): string | null | Promise<string | null>;
  /** Origins with an open connection. */
  openOrigins(): readonly string[];
  /** Closes every connection; requests under way fail. */
  close(): Promise<void>;
}

/** Makes a client with its own guarded connections, look-ups and memory bounds. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { clock, allowPrivateNetworks, ownOrigins = [] } = options;
  const limits: FetchLimits = { ...defaultFetchLimits, ...options.limits };
  const { ports } = options;
  const guard = createAddressGuard({
    allow: allowPrivateNetworks,
    ownOrigins,
    ...(options.configured === undefined ? {} : { configured: options.configured }),
    ...(ports === undefined ? {} : { ports }),
  });
  const mixed = new Set<string>();
  const lookUp = { guard, limits, resolve: options.resolve ?? createResolver({ clock }) };
  const connect = createConnector({
    ...lookUp,
    onAddressLeftOut: ({ hostname }) => mixed.add(hostname),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(options.dial === undefined ? {} : { dial: options.dial }),
  });
  const agent = createAgent(connect, limits, options.connections ?? 1);
  const sent = countRequests(agent);
  const large = createBodyMemory(Math.floor(limits.maxReservedBytes / (limits.maxWireBytes + limits.maxBodyBytes)));
  const line: Line = { agent, limits, clock, large, sent };

  const request: HttpClient['request'] = async (wish, signal) => {
    signal?.throwIfAborted();
    let url: URL;
    try {
      url = guard.check(wish.url, wish.base);
    } catch (error) {
      return failed(asFetchError(error));
    }
    const answer = await converse(line, { ...wish, url }, signal);
    if (answer.kind === 'failed' || !mixed.delete(url.hostname)) return answer;
    return { ...answer, notes: [...answer.notes, 'blocked_address'] };
  };

  return {
    limits,
    request,
    addressOf: createAddressLookup(lookUp),
    openOrigins: () => Object.keys(agent.stats),
    close: () => agent.destroy(null),
  };
}

/** What all conversations share. */
interface Line {
  readonly agent: Agent;
  readonly limits: FetchLimits;
  readonly clock: Clock;
  readonly large: BodyMemory;
  /** Counts a request on its origin's connection; true when that connection had carried one before. */
  readonly sent: (origin: string) => boolean;
}

type CheckedRequest = Omit<HttpRequest, 'url'> & { readonly url: URL };

function createAgent(connect: Agent.Options['connect'] & object, limits: FetchLimits, connections: number): Agent {
  return new Agent({
    connect,
    // One connection an origin, one request at a time: politeness, and it makes `countRequests` right. With more of
    // them it may take a fresh connection for a used one, which costs a GET that is asked twice.
    connections,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: limits.maxHeaderBytes,
    keepAliveTimeout: limits.keepAliveMs,
    keepAliveMaxTimeout: limits.maxKeepAliveMs,
    // Ours are stricter: see Exchange.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function countRequests(agent: Agent): Line['sent'] {
  const onConnection = new Map<string, number>();
  agent.on('connect', ({ origin }) => onConnection.set(origin, 0));
  agent.on('disconnect', ({ origin }) => onConnection.delete(origin));
  return (origin) => {
    const before = onConnection.get(origin) ?? 0;
    onConnection.set(origin, before + 1);
    return before > 0;
  };
}

async function converse(
  line: Line,
  request: CheckedRequest,
  signal?: AbortSignal,
): Promise<HttpResponse | HttpFailure> {
  const share = line.large.share();
  const progress = { status: null as number | null, bytes: 0 };
  try {
    const wire = await exchangeWithRetry(line, request, { share, progress, signal });
    const { body, notes } = await decode(wire, line.limits, share);
    const { status, headers, bytes } = wire;
    return { kind: 'answered', url: request.url, status, headers, body, bytes, notes };
  } catch (error) {
    signal?.throwIfAborted();
    return failed(asFetchError(error), progress);
  } finally {
    share.release();
  }
}

interface Attempt {
  readonly share: MemoryReservation;
  readonly progress: { status: number | null; bytes: number };
  readonly signal: AbortSignal | undefined;
}

/**
 * A kept connection may be closed by the other side in the very moment in which it is used again (RFC 9112 section
 * 9.3.1): if nothing was heard on it, a request that changes nothing is sent once more, on a fresh one.
 */
async function exchangeWithRetry(line: Line, request: CheckedRequest, attempt: Attempt): Promise<WireResponse> {
  const startedMs = line.clock.monotonic();
  const withinMs = request.withinMs ?? line.limits.totalMs;
  const first = await exchange(line, { ...request, withinMs }, attempt);
  if (first !== 'stale') return first;
  const second = await exchange(
    line,
    { ...request, withinMs: withinMs - (line.clock.monotonic() - startedMs) },
    attempt,
  );
  if (second !== 'stale') return second;
  throw new FetchError('connect_error', 'The connection was closed twice before an answer came');
}

async function exchange(line: Line, request: CheckedRequest, attempt: Attempt): Promise<WireResponse | 'stale'> {
  const { method = 'GET', url, headers = {}, body = null, withinMs = line.limits.totalMs } = request;
  if (withinMs <= 0) throw deadlineError('waiting', line.limits);
  let reused = false;
  const conversation = new Exchange({
    limits: line.limits,
    withinMs,
    share: attempt.share,
    wanted: request.wanted ?? ((status) => status >= 200 && status < 300),
    onSent: () => {
      reused = line.sent(url.origin);
    },
  });
  const onAbort = (): void => conversation.abort(new FetchError('internal_error', 'The fetch was stopped'));
  attempt.signal?.addEventListener('abort', onAbort);
  // Not pathname and search: those lose a "?" at the end.
  const path = url.href.slice(url.origin.length);
  line.agent.dispatch({ origin: url.origin, path, method, headers, body }, conversation);
  try {
    return await conversation.response;
  } catch (error) {
    const safe = method === 'GET' || method === 'HEAD';
    if (safe && reused && !conversation.receivedAny && conversation.closedByPeer) return 'stale';
    throw error;
  } finally {
    attempt.progress.status = conversation.status;
    attempt.progress.bytes = conversation.bytes;
    attempt.signal?.removeEventListener('abort', onAbort);
  }
}

async function decode(wire: WireResponse, limits: FetchLimits, share: MemoryReservation) {
  const { body, headers } = wire;
  if (body.length === 0) return { body, notes: [] };
  return await decodeBody(body, headers.all('content-encoding'), { limits, claim: () => share.claim() });
}

function failed(trouble: FetchError, progress: { status: number | null; bytes: number } = nothingYet): HttpFailure {
  const { failure, message: detail, notes } = trouble;
  return { kind: 'failed', failure, detail, notes, ...progress };
}

const nothingYet = { status: null, bytes: 0 };
