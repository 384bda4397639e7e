import type { Socket } from 'node:net';

/** What unsent answers are bounded by. */
export interface UnsentResponsesOptions {
  readonly maxBytes: number;
  /** Called with the number of connections that were closed to make room. */
  onClosed(connections: number): void;
}

/**
 * The answers that are complete but not yet taken by the system, since their clients read slowly or not at all. Beyond
 * the bound the oldest ones are given up and their connections closed: refusing new requests instead would let anyone
 * who does not read keep everyone else out.
 */
export class UnsentResponses {
  readonly #parts: UnsentResponsesOptions;
  /** Bytes by connection, oldest answer first. */
  readonly #bytes = new Map<Socket, number>();
  #total = 0;

  constructor(parts: UnsentResponsesOptions) {
    this.#parts = parts;
  }

  /** Bytes in all, as last counted. */
  get total(): number {
    return this.#total;
  }

  /** Counts what a connection holds after an answer was written to it. */
  add(socket: Socket): void {
    if (socket.writableLength === 0) return;
    this.#count(socket);
    if (this.#total > this.#parts.maxBytes) this.#makeRoom();
  }

  /** The system has taken all of it, or the connection is closed. */
  remove(socket: Socket): void {
    this.#total -= this.#bytes.get(socket) ?? 0;
    this.#bytes.delete(socket);
  }

  #count(socket: Socket): void {
    this.#total += socket.writableLength - (this.#bytes.get(socket) ?? 0);
    this.#bytes.set(socket, socket.writableLength);
  }

  #makeRoom(): void {
    // Some of it may have been read since it was counted.
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
