/** Politeness and concurrency limits of a host queue. */
export interface QueueLimits {
  /** Minimum time between two starts at one host. */
  readonly hostGapMs: number;
  readonly hostConcurrency: number;
  /** Concurrent refreshes at one IP address, whatever its host names; `hostConcurrency` if that is greater. */
  readonly addressConcurrency: number;
  readonly globalPerSecond: number;
  /** Concurrent refreshes; slow sources may occupy half of them. */
  readonly concurrency: number;
  /** Sources of one host that wait in memory; the others wait in the database. */
  readonly maxQueuedPerHost: number;
}

export const defaultQueueLimits: QueueLimits = {
  hostGapMs: 1000,
  hostConcurrency: 1,
  addressConcurrency: 4,
  globalPerSecond: 10,
  concurrency: 32,
  maxQueuedPerHost: 200,
};
