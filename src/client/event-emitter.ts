import type { ClientError, ClientEvents, ClientState, Listener } from './client-types.ts';

type Listeners = { [Name in keyof ClientEvents]: Set<Listener<Name>> };

/** Thrown to drop the connection after a message could not be handled. `error` has already been emitted. */
export class ConnectionAborted extends Error {}

/** Calls the listeners of a client and contains their exceptions. */
export class EventEmitter {
  readonly #listeners: Listeners = {
    item: new Set(),
    live: new Set(),
    state: new Set(),
    reset: new Set(),
    counts: new Set(),
    error: new Set(),
  };
  #state: ClientState = 'connecting';

  get state(): ClientState {
    return this.#state;
  }

  /** A closed client emits nothing, not even events in progress. */
  get closed(): boolean {
    return this.#state === 'closed';
  }

  add<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): void {
    this.#listeners[name].add(listener);
  }

  remove<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): void {
    this.#listeners[name].delete(listener);
  }

  /**
   * Calls all listeners of an event, one after the other.
   *
   * @throws ConnectionAborted when one fails, so that the event is received again over the next connection.
   */
  async emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): Promise<void> {
    if (this.closed) return;
    try {
      await this.#callListeners(name, event);
    } catch (cause) {
      await this.emitError({ code: 'handler_failed', message: `a listener of '${name}' failed`, fatal: false, cause });
      throw new ConnectionAborted();
    }
  }

  async emitError(problem: ClientError): Promise<void> {
    if (this.closed) return;
    try {
      await this.#callListeners('error', problem);
    } catch (error) {
      // An exception of an `error` listener can only be reported to the host, as an uncaught exception.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** Changes the state and emits it. `closed` is final. */
  async setState(state: ClientState): Promise<void> {
    if (this.closed || this.#state === state) return;
    this.#state = state;
    try {
      await this.#callListeners('state', state);
    } catch (cause) {
      await this.emitError({ code: 'handler_failed', message: `a listener of 'state' failed`, fatal: false, cause });
    }
  }

  async #callListeners<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): Promise<void> {
    for (const listener of [...this.#listeners[name]]) await listener(event);
  }
}
