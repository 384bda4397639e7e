import { StorageError, type StorageFault, type StorageState, storageAdvice } from '../../domain/storage.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { backgroundTimers } from '../../runtime/timers.ts';

const probeEveryMs = 5000;

/** Whether the database can be written. */
export interface StorageHealth {
  /** Null: no fault. */
  readonly state: StorageState | null;
  /** False while writes fail: they are refused without an attempt. */
  readonly writable: boolean;
  /** Reports a fault that a read in another process of the server encountered; `detail` is for the log. */
  reportReadFault(fault: StorageFault, detail: string): void;
  /** Probes immediately whether a fault is over, instead of some seconds later. Never rejects. */
  probe(): Promise<void>;
  /**
   * Runs `work` once the database can be written, and restarts it when the storage fails meanwhile: for writes that must
   * not be lost. Rejects with any other error of `work`, or with the signal's reason.
   */
  whenWritable<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export interface StorageMonitorParts {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Classifies an error of the engine. Null: not a fault of the storage. */
  faultOf(error: unknown): StorageFault | null;
  /** Writes as much as a batch of items does and deletes it again, without `guardWrite`. */
  probeWrite(): Promise<void>;
}

/**
 * Tracks faults of the storage. After a write has failed because of one, further writes are refused immediately, so that
 * none waits for a lock or a disk in vain. The log has one line when a fault begins and one when it ends. Meanwhile a
 * probe runs every few seconds. A malformed file is not probed and stays refused until the next start: further writes
 * could make it worse.
 */
export class StorageMonitor implements StorageHealth {
  readonly #parts: StorageMonitorParts;
  readonly #waiting = new Set<() => void>();
  #state: StorageState | null = null;
  #cancelProbe: () => void = () => {};
  #probing: Promise<void> | null = null;
  #closed = false;

  constructor(parts: StorageMonitorParts) {
    this.#parts = parts;
  }

  get state(): StorageState | null {
    return this.#state;
  }

  get writable(): boolean {
    return this.#state?.blocksWrites !== true;
  }

  /**
   * Runs one write unless writes are refused.
   *
   * @throws StorageError while writes are refused, and in place of an error of the engine that is a fault of the storage.
   */
  async guardWrite<T>(write: () => Promise<T>): Promise<T> {
    if (this.#state?.blocksWrites === true) throw new StorageError(this.#state.fault);
    try {
      return await write();
    } catch (error) {
      throw this.#toError(error, true);
    }
  }

  /** Maps the error of a failed read: to a StorageError when the storage is at fault. */
  readError(error: unknown): unknown {
    return this.#toError(error, false);
  }

  reportReadFault(fault: StorageFault, detail: string): void {
    if (fault === 'malformed') this.#begin(fault, { error: detail, blocksWrites: false });
    else this.#parts.log.warn({ fault, detail }, 'a query could not read the database');
  }

  probe(): Promise<void> {
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = null;
    });
    return this.#probing;
  }

  async whenWritable<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      await this.#untilWritable(signal);
      try {
        return await work();
      } catch (error) {
        // A malformed file does not recover: `work` that reads it would be retried forever.
        const canRetry = error instanceof StorageError && (error.fault !== 'malformed' || !this.writable);
        if (!canRetry) throw error;
      }
    }
  }

  /** Stops probing, after a probe that is running has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelProbe();
    await this.#probing;
  }

  #untilWritable(signal: AbortSignal): Promise<void> {
    if (this.writable) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const resume = (): void => {
        this.#waiting.delete(resume);
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.delete(resume);
        reject(signal.reason);
      };
      this.#waiting.add(resume);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  #toError(error: unknown, isWrite: boolean): unknown {
    const fault = error instanceof StorageError ? null : this.#parts.faultOf(error);
    // Other faults of a read, such as a lock, do not show whether writes can succeed.
    if (fault === null || (!isWrite && fault !== 'malformed')) return error;
    this.#begin(fault, { error, blocksWrites: isWrite });
    return new StorageError(fault, error);
  }

  #begin(fault: StorageFault, { error, blocksWrites }: { error: unknown; blocksWrites: boolean }): void {
    const isKnown = this.#state !== null && (this.#state.blocksWrites || !blocksWrites);
    if (isKnown || this.#closed) return;
    const { file, clock, log } = this.#parts;
    const { what, remedy } = storageAdvice[fault];
    const sinceMs = this.#state?.fault === fault ? this.#state.sinceMs : clock.now();
    this.#state = { fault, sinceMs, blocksWrites };
    const meaning = blocksWrites ? 'nothing can be stored' : 'a part of the database cannot be read';
    log.error({ fault, file, detail: String(error), remedy }, `${meaning}: ${what}`);
    this.#scheduleProbe();
  }

  #scheduleProbe(): void {
    this.#cancelProbe();
    if (this.#closed || this.#state === null || this.#state.fault === 'malformed') return;
    this.#cancelProbe = backgroundTimers.after(probeEveryMs, () => {
      void this.probe().then(() => this.#scheduleProbe());
    });
  }

  async #probe(): Promise<void> {
    const { state } = this;
    if (state === null || state.fault === 'malformed') return;
    try {
      await this.#parts.probeWrite();
    } catch (error) {
      const fault = this.#parts.faultOf(error);
      if (fault === null)
        this.#parts.log.error({ err: error }, 'the probe of the database failed by a fault of Newswire');
      // A different fault has a different remedy, and so gets a log line of its own.
      if (fault !== null && fault !== state.fault) {
        this.#state = null;
        this.#begin(fault, { error, blocksWrites: true });
      }
      return;
    }
    this.#end(state);
  }

  #end(state: StorageState): void {
    const { clock, log, file } = this.#parts;
    this.#state = null;
    this.#cancelProbe();
    log.info({ fault: state.fault, file, lastedMs: clock.now() - state.sinceMs }, 'the database can be written again');
    for (const resume of [...this.#waiting]) resume();
  }
}
