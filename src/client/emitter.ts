import type { ClientEvents, Listener } from './types.ts';

type Listeners = { [Name in keyof ClientEvents]: Set<Listener<Name>> };

/** The listeners of a client. */
export class Emitter {
  readonly #listeners: Listeners = {
    item: new Set(),
    live: new Set(),
    state: new Set(),
    reset: new Set(),
    error: new Set(),
  };

  add<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): void {
    this.#listeners[name].add(listener);
  }

  remove<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): void {
    this.#listeners[name].delete(listener);
  }

  /**
   * Calls the listeners one after the other and waits for each.
   *
   * @throws what a listener threw; the ones after it are not called.
   */
  async emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): Promise<void> {
    for (const listener of [...this.#listeners[name]]) await listener(event);
  }
}
