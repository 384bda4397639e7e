import { StorageError, type StorageFault, type StorageState, storageAdvice } from '../../domain/storage.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';

const probeEveryMs = 5000;

/** Whether the database can be written, as others see it. */
export interface StorageHealth {
  /** Null: all is well. */
  readonly state: StorageState | null;
  /** Whether it makes sense to write. */
  readonly writable: boolean;
  /** Notes a fault that reading met in another process of the server; `detail` is for the log. */
  reportReadFault(fault: StorageFault, detail: string): void;
  /** Tries now whether a fault is over, instead of some seconds later. Never rejects. */
  probe(): Promise<void>;
  /**
   * Runs `work` once the database can be written, and from the start again when storing fails meanwhile: for what must
   * not be forgotten. Rejects with whatever else `work` fails with, or with the signal's reason.
   */
  whenWritable<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** What a monitor works with. */
export interface StorageMonitorParts {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The fault that an error of the engine stands for; null: it is another kind of error. */
  faultOf(error: unknown): StorageFault | null;
  /** Writes something as large as a batch of items and takes it back, past this monitor. */
  probeWrite(): Promise<void>;
  /** Calls once after a while, without keeping the process alive; the answer cancels it. */
  readonly after?: (ms: number, call: () => void) => () => void;
}

/**
 * Watches what the storage answers. When a write fails for a fault of the storage, further writes are refused at once:
 * none waits for a lock or a disk in vain, and the log has a line when the state begins and one when it ends. Meanwhile
 * a probe of its own tries every few seconds. A malformed file stays so until the next start: writing on would make it
 * worse.
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
   * Runs one write unless nothing can be written.
   *
   * @throws StorageError instead of an error of the engine that is a fault of the storage.
   */
  async guardWrite<T>(write: () => Promise<T>): Promise<T> {
    if (this.#state?.blocksWrites === true) throw new StorageError(this.#state.fault);
    try {
      return await write();
    } catch (error) {
      throw this.#noted(error, true);
    }
  }

  /** The error that a failed read is to throw: a StorageError when the storage is at fault. */
  readError(error: unknown): unknown {
    return this.#noted(error, false);
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
        // What is malformed stays so: a read that met it would be tried for ever.
        const isWorthwhile = error instanceof StorageError && (error.fault !== 'malformed' || !this.writable);
        if (!isWorthwhile) throw error;
      }
    }
  }

  /** Probes no more; a probe under way ends first. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelProbe();
    await this.#probing;
  }

  #untilWritable(signal: AbortSignal): Promise<void> {
    if (this.writable) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        this.#waiting.delete(goOn);
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.delete(goOn);
        reject(signal.reason);
      };
      this.#waiting.add(goOn);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  #noted(error: unknown, isWrite: boolean): unknown {
    const fault = error instanceof StorageError ? null : this.#parts.faultOf(error);
    // Any other fault that a read meets says nothing of what can be stored.
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
    this.#planProbe();
  }

  #planProbe(): void {
    this.#cancelProbe();
    if (this.#closed || this.#state === null || this.#state.fault === 'malformed') return;
    this.#cancelProbe = (this.#parts.after ?? afterUnref)(probeEveryMs, () => {
      void this.probe().then(() => this.#planProbe());
    });
  }

  async #probe(): Promise<void> {
    const { state } = this;
    if (state === null || state.fault === 'malformed') return;
    try {
      await this.#parts.probeWrite();
    } catch (error) {
      const fault = this.#parts.faultOf(error);
      if (fault === null) this.#parts.log.error({ err: error }, 'trying to write the database failed by our own fault');
      // A fault of another kind took over: that is worth a line, since its remedy is another.
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
    for (const goOn of [...this.#waiting]) goOn();
  }
}

function afterUnref(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
