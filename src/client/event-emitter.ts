import type { ClientError, ClientEvents, ClientState, Listener } from './client-types.ts';

type Listeners = { [Name in keyof ClientEvents]: Set<Listener<Name>> };

/** Ends a link from inside: what it brought could not be dealt with. Listeners have been told where it happened. */
export class ConnectionAborted extends Error {}

/** Tells the listeners of a client, and sees to it that their faults do no harm. */
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

  /** A closed client tells nothing any more, not even what was under way. */
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
   * Tells an event to all listeners, one after the other.
   *
   * @throws LinkGivenUp when one of them fails, so that the event is told again over the next link.
   */
  async emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): Promise<void> {
    if (this.closed) return;
    try {
      await this.#emit(name, event);
    } catch (cause) {
      await this.emitError({ code: 'handler_failed', message: `a listener of '${name}' failed`, fatal: false, cause });
      throw new ConnectionAborted();
    }
  }

  /** Tells that something went wrong. */
  async emitError(problem: ClientError): Promise<void> {
    if (this.closed) return;
    try {
      await this.#emit('error', problem);
    } catch (error) {
      // A listener of errors that fails has nobody to be told to but the surroundings.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /** Enters a state and tells it. There is no way out of `closed`. */
  async setState(state: ClientState): Promise<void> {
    if (this.closed || this.#state === state) return;
    this.#state = state;
    try {
      await this.#emit('state', state);
    } catch (cause) {
      await this.emitError({ code: 'handler_failed', message: `a listener of 'state' failed`, fatal: false, cause });
    }
  }

  async #emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): Promise<void> {
    for (const listener of [...this.#listeners[name]]) await listener(event);
  }
}
