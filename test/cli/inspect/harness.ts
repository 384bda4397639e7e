import { type Inspection, type InspectParts, inspect } from '../../../src/cli/inspect/inspect.ts';
import { createFetcher } from '../../../src/fetch/fetch-source.ts';
import { type Clock, systemClock } from '../../../src/runtime/clock.ts';
import { rssDocument } from '../../support/documents.ts';
import type { Reply } from '../../support/origin.ts';
import { processorHere } from '../documents-here.ts';

/** Tuesday, 10 March 2026, 12:00 UTC. */
export const nowMs = Date.UTC(2026, 2, 10, 12);
export const clock: Clock = { now: () => nowMs, monotonic: () => systemClock.monotonic() };

/** The addresses of names that a test uses. */
export type Names = Readonly<Record<string, readonly string[]>>;

/** Inspects a URL with access to 127.0.0.1 only and without pauses. */
export async function inspectUrl(
  url: string,
  options: {
    readonly names?: Names;
    readonly headers?: Readonly<Record<string, string>>;
    readonly feedsDir?: string;
  } = {},
): Promise<Inspection & { readonly pausesMs: readonly number[] }> {
  const { names = {}, headers = {}, feedsDir = '/nowhere' } = options;
  const fetcher = createFetcher({
    clock,
    userAgent: 'Newswire/0.0.0',
    feedsDir,
    allowPrivateNetworks: ['127.0.0.1'],
    resolve: async (name) => names[name] ?? [],
  });
  const pausesMs: number[] = [];
  const pause: InspectParts['pause'] = async (ms) => {
    pausesMs.push(ms);
  };
  try {
    return { ...(await inspect({ url, headers }, { fetcher, processor: processorHere(), clock, pause })), pausesMs };
  } finally {
    await fetcher.close();
  }
}

/** An HTML page. */
export function page(body: string): Reply {
  return {
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html><title>A site</title>${body}`,
  };
}

/** `<link>` to an RSS feed. */
export function rssLink(href: string, title = ''): string {
  return `<link rel="alternate" type="application/rss+xml" title="${title}" href="${href}">`;
}

/** An RSS feed of `count` items, an hour apart, the newest first. */
export function feed(count = 3, headers: Readonly<Record<string, string>> = {}): Reply {
  const entries = Array.from({ length: count }, (_, index) => ({
    guid: `g${index}`,
    title: `Story ${index}`,
    link: `https://site.example/${index}`,
    date: new Date(nowMs - index * 3_600_000),
  }));
  const body = rssDocument({ title: 'A feed', link: 'https://site.example/' }, entries);
  return { headers: { 'content-type': 'application/rss+xml', ...headers }, body };
}
