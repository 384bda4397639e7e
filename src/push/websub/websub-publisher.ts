import { minuteMs, secondMs } from '../../domain/durations.ts';
import { hostOf } from '../../domain/polling/hosts.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { isSuccess, type WebSubHttpClient } from './http-client-port.ts';

const batchWindowMs = 5 * secondMs;
const retryMs = minuteMs;
const concurrency = 4;

export interface PublisherParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly client: WebSubHttpClient;
  /** The external hub that serves our topics. */
  readonly hub: string;
}

/**
 * Notifies an external hub of changed topics, so that it fetches them: once for all changes of a topic within a few
 * seconds, and again each minute while the hub fails.
 */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #changed = new Set<string>();
  #notBeforeMs = 0;
  #failing = false;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  /** Marks topics that may have changed. */
  markChanged(topics: readonly string[]): void {
    const dueMs = this.#parts.clock.monotonic() + batchWindowMs;
    if (this.#changed.size === 0) this.#notBeforeMs = Math.max(this.#notBeforeMs, dueMs);
    for (const topic of topics) this.#changed.add(topic);
  }

  /** Sends the notifications that are due. @returns milliseconds until the next run; null: no topic is marked. */
  async run(): Promise<number | null> {
    const { clock, log, hub } = this.#parts;
    if (this.#changed.size === 0) return null;
    if (this.#notBeforeMs > clock.monotonic()) return this.#notBeforeMs - clock.monotonic();
    const topics = [...this.#changed];
    for (let start = 0; start < topics.length; start += concurrency) {
      const sent = await Promise.all(topics.slice(start, start + concurrency).map((topic) => this.#notify(topic)));
      if (sent.every((succeeded) => succeeded)) continue;
      this.#notBeforeMs = clock.monotonic() + retryMs;
      if (!this.#failing) log.warn({ hub: hostOf(hub) }, 'WEBSUB_HUB rejects our notifications; retrying each minute');
      this.#failing = true;
      return retryMs;
    }
    this.#failing = false;
    return null;
  }

  async #notify(topic: string): Promise<boolean> {
    const { client, hub } = this.#parts;
    // Some hubs read hub.url, others hub.topic.
    const form = new URLSearchParams({ 'hub.mode': 'publish', 'hub.url': topic, 'hub.topic': topic });
    // Before the request: a change during it must cause another notification.
    this.#changed.delete(topic);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const succeeded = isSuccess(await client.request({ method: 'POST', url: hub, headers, body: form.toString() }));
    if (!succeeded) this.#changed.add(topic);
    return succeeded;
  }
}
