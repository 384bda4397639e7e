import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { EventLoopBudget } from '../../../runtime/event-loop-budget.ts';
import { ignoreFurtherRequests } from './discard-requests.ts';
import type { UnsentResponses } from './unsent-responses.ts';

/** The requests of one connection that may wait for an earlier response. */
export const maxWaitingRequests = 16;

type Exchange = readonly [IncomingMessage, ServerResponse];

/** One connection: the response in progress, and the requests that wait for it. */
interface Connection {
  current: ServerResponse | null;
  /** The response in progress is an event stream, which has its own limits. */
  isStream: boolean;
  /** The connection closes after the response to the last waiting request. */
  isClosing: boolean;
  readonly waiting: Exchange[];
}

export interface RequestPipelineOptions {
  readonly unsent: UnsentResponses;
  /** The part of each tick of the event loop in which new requests are handled. */
  readonly turns: EventLoopBudget;
  /** The key by which waiting requests are served in turns. */
  ownerOf(incoming: IncomingMessage): string;
  /** Whether a request opens an event stream, whose response does not end. */
  isStream(incoming: IncomingMessage): boolean;
  /** Called before a request is handled. Returns a function to call when the response has ended. Null: refused. */
  admit(incoming: IncomingMessage, outgoing: ServerResponse): (() => void) | null;
}

/**
 * Handles the requests of each connection one after another: the next one when the previous response has been passed to
 * the system. Node emits all requests of one read at once, up to a thousand, and a response is many times the size of its
 * request. A few requests may wait; when there are more, the connection is closed after the last of the few. Node stops
 * reading from a connection whose responses are not read.
 */
export class RequestPipeline {
  readonly #parts: RequestPipelineOptions;
  readonly #connections = new WeakMap<Socket, Connection>();

  constructor(parts: RequestPipelineOptions) {
    this.#parts = parts;
  }

  /** Puts the pipeline in front of a server's listener. */
  wrap(listener: RequestListener): RequestListener {
    return (incoming, outgoing) => {
      const { socket } = incoming;
      const connection = this.#connectionOf(socket);
      if (connection.isClosing || !socket.writable) return;
      if (connection.current === null) this.#begin(connection, [incoming, outgoing], listener);
      else if (connection.waiting.length < maxWaitingRequests) connection.waiting.push([incoming, outgoing]);
      else this.#closeAfterWaiting(connection, socket);
    };
  }

  /** Whether an idle connection may stay open: its response is being built, or it is an event stream. */
  mayBeIdle(socket: Socket): boolean {
    const connection = this.#connections.get(socket);
    if (connection === undefined || connection.current === null) return false;
    return connection.isStream || socket.writableLength === 0;
  }

  #connectionOf(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection: Connection = { current: null, isStream: false, isClosing: false, waiting: [] };
    this.#connections.set(socket, connection);
    return connection;
  }

  #begin(connection: Connection, request: Exchange, listener: RequestListener): void {
    connection.current = request[1];
    this.#parts.turns.run(
      () => this.#handle(connection, request, listener),
      () => this.#parts.ownerOf(request[0]),
    );
  }

  #handle(connection: Connection, [incoming, outgoing]: Exchange, listener: RequestListener): void {
    const { unsent, isStream, admit } = this.#parts;
    const { socket } = incoming;
    // The connection was closed while the request waited.
    if (!socket.writable) return;
    connection.isStream = isStream(incoming);
    const release = admit(incoming, outgoing);
    // By then all of the response has been written to the socket, and the system has accepted what fits.
    outgoing.once('prefinish', () => unsent.add(socket));
    outgoing.once('close', () => {
      unsent.remove(socket);
      release?.();
      connection.current = null;
      const next = connection.waiting.shift();
      if (next !== undefined) this.#begin(connection, next, listener);
    });
    if (release !== null) listener(incoming, outgoing);
  }

  /** RFC 9112 §9.3.2: a client that pipelines retries the requests that were not answered before the close. */
  #closeAfterWaiting(connection: Connection, socket: Socket): void {
    connection.isClosing = true;
    const last = connection.waiting.at(-1)?.[1];
    if (last !== undefined) last.shouldKeepAlive = false;
    ignoreFurtherRequests(socket);
  }
}
