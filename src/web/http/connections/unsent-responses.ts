import type { Socket } from 'node:net';

/** The bound of unsent responses. */
export interface UnsentResponsesOptions {
  readonly maxBytes: number;
  /** Called with the number of connections that were closed because of the bound. */
  onClosed(connections: number): void;
}

/**
 * Bounds the memory of responses that have ended but are not yet in the socket buffer of the system, because clients
 * read slowly or not at all. Above the bound the connections with the oldest responses are closed. Refusing new requests
 * instead would let clients that do not read lock out all others.
 */
export class UnsentResponses {
  readonly #parts: UnsentResponsesOptions;
  /** Bytes by connection, oldest response first. */
  readonly #bytes = new Map<Socket, number>();
  #total = 0;

  constructor(parts: UnsentResponsesOptions) {
    this.#parts = parts;
  }

  /** All bytes, as last counted. */
  get total(): number {
    return this.#total;
  }

  /** Counts the unsent bytes of a connection after a response was written to it. */
  add(socket: Socket): void {
    if (socket.writableLength === 0) return;
    this.#count(socket);
    if (this.#total > this.#parts.maxBytes) this.#closeOldest();
  }

  /** All bytes were sent, or the connection is closed. */
  remove(socket: Socket): void {
    this.#total -= this.#bytes.get(socket) ?? 0;
    this.#bytes.delete(socket);
  }

  #count(socket: Socket): void {
    this.#total += socket.writableLength - (this.#bytes.get(socket) ?? 0);
    this.#bytes.set(socket, socket.writableLength);
  }

  #closeOldest(): void {
    // Some bytes may have been sent since they were counted.
    for (const socket of this.#bytes.keys()) this.#count(socket);
    let closed = 0;
    for (const socket of this.#bytes.keys()) {
      if (this.#total <= this.#parts.maxBytes) break;
      this.remove(socket);
      socket.destroy();
      closed += 1;
    }
    if (closed > 0) this.#parts.onClosed(closed);
  }
}
