import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { isSuccess, type WebSubHttpClient } from './http-client-port.ts';

const settleMs = 5000;
const afterFailureMs = 60_000;
const atOnce = 4;

/** What pinging works with. */
export interface PublisherParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: WebSubHttpClient;
  /** The hub of somebody else that serves our topics. */
  readonly hub: string;
}

/**
 * Tells a hub of somebody else which of our topics have changed, so that it fetches them: each topic once for all that
 * happened to it in a few seconds, and again later while the hub does not listen.
 */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #changed = new Set<string>();
  #fromMs = 0;
  #failing = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** These have changed, maybe. */
  markChanged(topics: readonly string[]): void {
    if (this.#changed.size === 0) this.#fromMs = Math.max(this.#fromMs, this.#parts.clock.monotonic() + settleMs);
    for (const topic of topics) this.#changed.add(topic);
  }

  /** Tells what is to be told by now. @returns in how long to look again; null: nothing is left. */
  async run(): Promise<number | null> {
    const { clock, log, hub } = this.#parts;
    if (this.#changed.size === 0) return null;
    if (this.#fromMs > clock.monotonic()) return this.#fromMs - clock.monotonic();
    const topics = [...this.#changed];
    for (let start = 0; start < topics.length; start += atOnce) {
      const told = await Promise.all(topics.slice(start, start + atOnce).map((topic) => this.#tell(topic)));
      if (told.every((one) => one)) continue;
      this.#fromMs = clock.monotonic() + afterFailureMs;
      if (!this.#failing)
        log.warn({ hub: URL.parse(hub)?.host ?? '' }, 'WEBSUB_HUB does not take our pings; trying on');
      this.#failing = true;
      return afterFailureMs;
    }
    this.#failing = false;
    return null;
  }

  async #tell(topic: string): Promise<boolean> {
    const { client, hub } = this.#parts;
    // Hubs differ in what they call it.
    const form = new URLSearchParams({ 'hub.mode': 'publish', 'hub.url': topic, 'hub.topic': topic });
    // Before it is told: a change meanwhile is another.
    this.#changed.delete(topic);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const told = isSuccess(await client.request({ method: 'POST', url: hub, headers, body: form.toString() }));
    if (!told) this.#changed.add(topic);
    return told;
  }
}
