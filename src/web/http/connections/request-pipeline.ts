import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { EventLoopBudget } from '../../../runtime/event-loop-budget.ts';
import { ignoreFurtherRequests } from './discard-requests.ts';
import type { UnsentResponses } from './unsent-responses.ts';

/** Requests of one connection that may wait while an earlier one is answered. */
export const maxWaitingRequests = 16;

type Exchange = readonly [IncomingMessage, ServerResponse];

/** One connection: the answer that is under way, and the requests behind it. */
interface Connection {
  current: ServerResponse | null;
  /** The answer under way is a stream of events, which has its own limits. */
  streams: boolean;
  /** The last request that waits is the last one to be answered. */
  closing: boolean;
  readonly waiting: Exchange[];
}

/** What a request pipeline works with. */
export interface RequestPipelineOptions {
  readonly unsent: UnsentResponses;
  /** The share of each turn of the event loop in which requests begin to be handled. */
  readonly turns: EventLoopBudget;
  /** Who takes turns with others when there is more to do than fits. */
  ownerOf(incoming: IncomingMessage): string;
  /** Whether a request opens a stream of events, which stays open after it is answered. */
  isStream(incoming: IncomingMessage): boolean;
  /** Called before a request is handled. Returns what to call when its answer has ended; null: it was refused. */
  admit(incoming: IncomingMessage, outgoing: ServerResponse): (() => void) | null;
}

/**
 * Handles the requests of each connection one after another: the next one when the answer before it has been handed to
 * the system. Node hands over all requests of one read at once, which can be a thousand, and an answer is many times
 * the size of its request. A few may wait; beyond them the connection is closed after the last of the few. Node itself
 * stops reading a connection whose answers are not read.
 */
export class RequestPipeline {
  readonly #parts: RequestPipelineOptions;
  readonly #connections = new WeakMap<Socket, Connection>();

  constructor(parts: RequestPipelineOptions) {
    this.#parts = parts;
  }

  /** Puts the queue in front of a server's listener. */
  wrap(listener: RequestListener): RequestListener {
    return (incoming, outgoing) => {
      const { socket } = incoming;
      const connection = this.#connectionOf(socket);
      if (connection.closing || !socket.writable) return;
      if (connection.current === null) this.#begin(connection, [incoming, outgoing], listener);
      else if (connection.waiting.length < maxWaitingRequests) connection.waiting.push([incoming, outgoing]);
      else this.#closeAfterWaiting(connection, socket);
    };
  }

  /** Whether a connection that was quiet for some time may stay open: its answer is being made, or it is a stream. */
  mayBeIdle(socket: Socket): boolean {
    const connection = this.#connections.get(socket);
    if (connection === undefined || connection.current === null) return false;
    return connection.streams || socket.writableLength === 0;
  }

  #connectionOf(socket: Socket): Connection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection: Connection = { current: null, streams: false, closing: false, waiting: [] };
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
    // Closed while it waited: nobody is there to be answered.
    if (!socket.writable) return;
    connection.streams = isStream(incoming);
    const release = admit(incoming, outgoing);
    // All that is left of the answer has been given to the socket by then, and the system has taken what it takes.
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

  /**
   * RFC 9112, section 9.3.2: a client that pipelines sends again what was not answered before the connection was
   * closed.
   */
  #closeAfterWaiting(connection: Connection, socket: Socket): void {
    connection.closing = true;
    const last = connection.waiting.at(-1)?.[1];
    if (last !== undefined) last.shouldKeepAlive = false;
    ignoreFurtherRequests(socket);
  }
}
