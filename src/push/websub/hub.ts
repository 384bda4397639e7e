import { Distribution, type DistributionParts } from './distribution.ts';
import type { ChangeLog } from './hub-ports.ts';
import { readHubRequest } from './hub-request.ts';
import { TopicWatch } from './topic-watch.ts';
import { Verifier } from './verification.ts';

/** What the hub works with. */
export interface HubParts extends DistributionParts {
  readonly changes: ChangeLog;
  publicUrl(): string;
  /** Called with topics whose content may have changed. */
  onChanged(topics: readonly string[]): void;
}

/** What a request to the hub is answered with: 202 when it was taken on, else why not. */
export interface HubAnswer {
  readonly status: 202 | 400 | 429;
  readonly text: string;
}

/** The hub of our own output feeds. It serves no other topics. */
export interface Hub {
  /** Takes a request in. What comes of it is told to the callback. */
  receive(form: URLSearchParams): HubAnswer;
  /** One round of work. @returns in how long to look again; null: nothing waits. */
  run(): Promise<number | null>;
  /** Resolves when no request to anybody is under way. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}

/** Puts the hub together. It does nothing but take requests in before `run` is called. */
export function createHub(parts: HubParts): Hub {
  const verifier = new Verifier({ ...parts, onQueued: () => parts.wake() });
  const distribution = new Distribution(parts);
  const { clock, ports, publicUrl, onChanged } = parts;
  const watch = new TopicWatch({ clock, log: parts.changes, ports, publicUrl, onChanged });
  return {
    receive(form) {
      const request = readHubRequest(form, parts.publicUrl());
      if (request.kind === 'refused') return { status: 400, text: request.reason };
      // Whatever changed, the log has told us already.
      if (request.kind === 'publish') return { status: 202, text: 'accepted' };
      if (!verifier.take(request)) return { status: 429, text: 'too many requests are waiting; try again in a minute' };
      parts.wake();
      return { status: 202, text: 'accepted; the callback will be asked' };
    },
    async run() {
      const asksInMs = verifier.run();
      await watch.run();
      const deliversInMs = await distribution.run();
      const waits = [asksInMs, deliversInMs].filter((ms) => ms !== null);
      return waits.length === 0 ? null : Math.min(...waits);
    },
    async idle() {
      await verifier.idle();
      await distribution.idle();
    },
    async stop() {
      await Promise.all([verifier.stop(), distribution.stop()]);
    },
  };
}
