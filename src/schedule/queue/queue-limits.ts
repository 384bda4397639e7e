/** How politely, and how many at once. */
export interface QueueLimits {
  /** Between two starts at one host. */
  readonly hostGapMs: number;
  readonly hostConcurrency: number;
  /** Refreshes at a time at one IP address, whatever its host names; `hostConcurrency` if that is more. */
  readonly addressConcurrency: number;
  readonly globalPerSecond: number;
  /** Refreshes at a time; slow sources may hold half of them. */
  readonly slots: number;
  /** Rows of one host that wait here; the rest waits in the database. */
  readonly rowsPerHost: number;
}

export const defaultQueueLimits: QueueLimits = {
  hostGapMs: 1000,
  hostConcurrency: 1,
  addressConcurrency: 4,
  globalPerSecond: 10,
  slots: 32,
  rowsPerHost: 200,
};
