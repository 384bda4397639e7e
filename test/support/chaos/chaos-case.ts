import type { Dial } from '../../../src/fetch/client/connector.ts';
import type { FetchLimits } from '../../../src/fetch/client/fetch-limits.ts';
import type { Resolve } from '../../../src/fetch/client/resolver.ts';
import { rssDocument } from '../documents.ts';
import type { Origin, Reply } from '../origin.ts';

/** The environment of a case. */
export interface CaseContext {
  /** The URL of the case, `http://127.0.0.1:PORT/H16/loop`. */
  readonly url: string;
  /** Its path on the origin. */
  readonly path: string;
  readonly origin: Origin;
  /** Another origin, controlled by the case. */
  readonly elsewhere: Origin;
  /** An origin that must not receive requests. */
  readonly canary: Origin;
  /** Registers a cleanup. */
  closing(close: () => Promise<unknown>): void;
}

/** Network dependencies of a case besides an origin on loopback. */
export interface Network {
  readonly resolve?: Resolve;
  readonly dial?: Dial;
  readonly ca?: readonly string[];
  readonly allowPrivateNetworks?: readonly string[];
  /** The addresses dialled for the name of the case, in order, if the case dials itself. */
  readonly dialled?: readonly string[];
}

/** A prepared case: its URL, responses and network. */
interface PreparedCase {
  /** Absent: the URL of the case. */
  readonly url?: string;
  /** The responses in order; the last one repeats. */
  readonly replies?: readonly Reply[];
  readonly network?: Network;
}

/** Prepares a case. */
export type PrepareCase = (place: CaseContext) => readonly Reply[] | PreparedCase | Promise<PreparedCase>;

/** One row of test/cases/hostile-origins.md. */
export interface ChaosCase {
  /** What the origin does. */
  readonly what: string;
  /** Shorter limits, so that the case ends soon; the others are the defaults. */
  readonly limits?: Partial<FetchLimits>;
  /** By variant. */
  readonly variants: Readonly<Record<string, PrepareCase>>;
}

const channel = { title: 'Example Herald', link: 'https://herald.example.org/' };

/** The entries of the good document, newest first. */
const goodEntries = [3, 2, 1].map((n) => ({
  guid: `herald-${n}`,
  title: `Story ${n} of the herald`,
  link: `https://herald.example.org/stories/${n}`,
  date: new Date(Date.UTC(2026, 2, 1, 8 + n)),
  text: `What happened in story ${n}.`,
}));

/** A valid document, served before the hostile response. */
export const goodDocument = rssDocument(channel, goodEntries);

/** A valid document with one more story than the good one. */
export const laterDocument = rssDocument(channel, [
  {
    guid: 'herald-4',
    title: 'Story 4 of the herald',
    link: 'https://herald.example.org/stories/4',
    date: new Date(Date.UTC(2026, 2, 1, 12, 30)),
    text: 'What happened in story 4.',
  },
  ...goodEntries,
]);

/** The validators of the good document. */
export const goodValidators = { etag: '"good"', lastModified: 'Sun, 01 Mar 2026 11:00:00 GMT' };

const validatorHeaders = { ETag: goodValidators.etag, 'Last-Modified': goodValidators.lastModified };

/** The good document with its validators. */
export const good: Reply = {
  headers: { 'Content-Type': 'application/rss+xml', ...validatorHeaders },
  body: goodDocument,
};

/** A valid response with another document. */
export function document(body: string | Uint8Array, headers: Record<string, string> = {}): Reply {
  return { headers: { 'Content-Type': 'application/xml', ...headers }, body };
}

/** The good document at first, then something else. */
export function afterGood(...replies: readonly Reply[]): PrepareCase {
  return () => [good, ...replies];
}

/** The good document at first, then another one. */
export function afterGoodDocument(body: string | Uint8Array, headers: Record<string, string> = {}): PrepareCase {
  return afterGood(document(body, headers));
}

/** The start of a raw response: status and header lines. */
export function head(lines: string): string {
  return `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`;
}

/** An RSS document around raw items. */
export function rss(items: string, channelParts = ''): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>${channel.title}</title><link>${channel.link}</link>${channelParts}${items}</channel></rss>`;
}

/** An item with a number. */
export function numbered(n: number, parts = ''): string {
  return `<item><guid isPermaLink="false">n-${n}</guid><title>Number ${n}</title><link>https://herald.example.org/n/${n}</link>${parts}</item>`;
}

/** Joins pieces numbered from 1. */
export function many(count: number, piece: (n: number) => string): string {
  return Array.from({ length: count }, (_, index) => piece(index + 1)).join('');
}
