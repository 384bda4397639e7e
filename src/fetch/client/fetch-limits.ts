import { dayMs } from '../../domain/durations.ts';

/** Every bound of one fetch. Durations in milliseconds, sizes in bytes of 8 bits. */
export interface FetchLimits {
  /** From the first look-up to the last byte, all redirects included. */
  readonly totalMs: number;
  readonly dnsMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
  /** From the request sent to the last header received. */
  readonly headersMs: number;
  /** A body that brings less than this, averaged over `slowWindowMs`, is given up. */
  readonly minBytesPerSecond: number;
  readonly slowWindowMs: number;
  /** Body as it comes over the wire. */
  readonly maxWireBytes: number;
  /** Body after decompression, and a local file. */
  readonly maxBodyBytes: number;
  /** Decoded : wire, looked at once `ratioFreeBytes` are decoded. */
  readonly maxRatio: number;
  readonly ratioFreeBytes: number;
  /** Content codings on top of each other. */
  readonly maxCodings: number;
  readonly maxHeaderBytes: number;
  readonly maxLocationBytes: number;
  /** 1xx answers before the real one. */
  readonly maxInterimResponses: number;
  readonly maxRedirects: number;
  /** A longer ETag or Last-Modified is not kept. */
  readonly maxValidatorBytes: number;
  readonly maxRetryAfterMs: number;
  /** Links taken from Link headers. */
  readonly maxLinks: number;
  /** Idle time after which a connection is closed; a publisher's Keep-Alive may raise it to the second. */
  readonly keepAliveMs: number;
  readonly maxKeepAliveMs: number;
  /** An unwanted body up to this size is read away, so that its connection stays usable; a larger one costs the connection. */
  readonly drainBytes: number;
  readonly drainMs: number;
  /** What one body may hold in memory without asking. Beyond it, it needs a share of `maxInFlightBytes`. */
  readonly freeBytes: number;
  /** All large bodies together. A share is `maxWireBytes + maxBodyBytes`; who finds none waits with its socket paused. */
  readonly maxReservedBytes: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** The bounds that hold unless a caller says otherwise. */
export const defaultFetchLimits: FetchLimits = {
  totalMs: 30_000,
  dnsMs: 5_000,
  connectMs: 5_000,
  tlsMs: 5_000,
  headersMs: 10_000,
  minBytesPerSecond: KiB,
  slowWindowMs: 10_000,
  maxWireBytes: 10 * MiB,
  maxBodyBytes: 20 * MiB,
  maxRatio: 100,
  ratioFreeBytes: MiB,
  maxCodings: 2,
  maxHeaderBytes: 16 * KiB,
  maxLocationBytes: 8 * KiB,
  maxInterimResponses: 20,
  maxRedirects: 5,
  maxValidatorBytes: KiB,
  maxRetryAfterMs: 7 * dayMs,
  maxLinks: 50,
  keepAliveMs: 5_000,
  maxKeepAliveMs: 10_000,
  drainBytes: 64 * KiB,
  drainMs: 1_000,
  freeBytes: 256 * KiB,
  maxReservedBytes: 256 * MiB,
};
