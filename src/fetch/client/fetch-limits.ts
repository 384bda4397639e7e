import { dayMs } from '../../domain/durations.ts';

/** The limits of one fetch. Durations in milliseconds, sizes in bytes. */
export interface FetchLimits {
  /** From the first lookup to the last byte, including all redirects. */
  readonly totalMs: number;
  readonly dnsMs: number;
  readonly connectMs: number;
  readonly tlsMs: number;
  /** From sending the request to receiving the complete header. */
  readonly headersMs: number;
  /** A body that arrives more slowly, averaged over `slowWindowMs`, is aborted. */
  readonly minBytesPerSecond: number;
  readonly slowWindowMs: number;
  readonly maxWireBytes: number;
  /** The decompressed body, or a local file. */
  readonly maxBodyBytes: number;
  /** Maximum ratio of decoded to received bytes, checked beyond `ratioFreeBytes` decoded bytes. */
  readonly maxRatio: number;
  readonly ratioThresholdBytes: number;
  /** Nested content codings. */
  readonly maxCodings: number;
  readonly maxHeaderBytes: number;
  readonly maxLocationBytes: number;
  /** 1xx responses before the final one. */
  readonly maxInterimResponses: number;
  readonly maxRedirects: number;
  /** A longer ETag or Last-Modified is not stored. */
  readonly maxValidatorBytes: number;
  readonly maxRetryAfterMs: number;
  readonly maxLinks: number;
  /** Idle time after which a connection is closed; a Keep-Alive header may raise it to `maxKeepAliveMs`. */
  readonly keepAliveMs: number;
  readonly maxKeepAliveMs: number;
  /** A body that is not needed is drained up to this size to keep its connection usable; beyond it the connection is closed. */
  readonly drainBytes: number;
  readonly drainMs: number;
  /** Memory of one body without a reservation. Beyond it, the body needs a reservation. */
  readonly unreservedBytes: number;
  /** Memory of all reservations; each takes `maxWireBytes + maxBodyBytes`. A fetch that waits for one pauses its socket. */
  readonly maxReservedBytes: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** The default limits. */
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
  ratioThresholdBytes: MiB,
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
  unreservedBytes: 256 * KiB,
  maxReservedBytes: 256 * MiB,
};
