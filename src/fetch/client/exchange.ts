import type { Dispatcher } from 'undici';
import { ByteCollector, type MemoryReservation } from './body-memory.ts';
import {
  bodyTooLarge,
  deadlineError,
  FetchError,
  formatSeconds,
  isClosed,
  type Phase,
  toFetchError,
} from './fetch-error.ts';
import type { FetchLimits } from './fetch-limits.ts';
import { type HeaderList, headerList, noHeaders } from './header-list.ts';

/** A complete response as received, not decompressed. */
export interface WireResponse {
  readonly status: number;
  readonly headers: HeaderList;
  /** Empty if it was not needed. */
  readonly body: Uint8Array;
  /** Bytes of the body that were received, needed or not. */
  readonly bytes: number;
}

export interface ExchangeOptions {
  readonly limits: FetchLimits;
  /** The rest of the total deadline. */
  readonly timeoutMs: number;
  readonly reservation: MemoryReservation;
  /** Whether the body of a response with this status is needed. */
  needsBody(status: number): boolean;
  /** Called when the request is written to a connection. */
  onSent(): void;
}

/**
 * One request and its response, with our own deadlines: undici's timers are idle timers, which an origin that sends a
 * byte now and then never triggers, and they do not cover the time before a connection exists.
 *
 * A body that is not needed is drained if it is short; otherwise the connection is closed. It is never left unread.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** Settles when the response is complete or has failed. Rejects only with FetchError. */
  readonly response: Promise<WireResponse>;
  /** True once a byte of a response was received. */
  receivedAny = false;
  /** True if the peer closed the connection during the exchange. */
  closedByPeer = false;
  /** Bytes of the body received so far. */
  bytes = 0;
  /** Status of the response, once its header is received. */
  status: number | null = null;

  readonly #options: ExchangeOptions;
  readonly #collected = new ByteCollector();
  readonly #timers: NodeJS.Timeout[] = [];
  #resolve!: (answer: WireResponse) => void;
  #reject!: (error: FetchError) => void;
  #controller: Dispatcher.DispatchController | null = null;
  #phase: Phase = 'waiting';
  #interim = 0;
  #headers: HeaderList = noHeaders;
  #reserved = false;
  /** Whether reading was paused since the last rate check. */
  #paused = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#after(options.timeoutMs, () => this.#outOfTime());
  }

  /** Aborts the exchange: closes the connection and rejects `response` with the reason. */
  abort(reason: FetchError): void {
    this.#fail(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while waiting for its connection: it must not be sent.
    if (this.#phase === 'done') {
      controller.abort(new FetchError('internal_error', 'The fetch was aborted before it was sent'));
      return;
    }
    this.#phase = 'sent';
    this.#options.onSent();
    const { headersMs } = this.#options.limits;
    this.#after(headersMs, () => {
      if (this.#phase !== 'sent' && this.#phase !== 'header') return;
      this.#fail(
        new FetchError(
          'header_timeout',
          `No complete response header within ${formatSeconds(headersMs)}. The server is slow`,
        ),
      );
    });
  }

  onResponseStarted(): void {
    this.receivedAny = true;
    if (this.#phase === 'sent') this.#phase = 'header';
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#phase === 'done') return;
    if (status < 200) {
      this.#countInterim(status);
      return;
    }
    this.status = status;
    this.#headers = headerList(headers);
    if (this.#options.needsBody(status)) this.#startBody();
    else this.#startDrain();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#phase === 'done') return;
    this.bytes += chunk.length;
    if (this.#phase === 'draining') {
      if (this.bytes > this.#options.limits.drainBytes) this.#finish(true);
      return;
    }
    const { maxWireBytes, unreservedBytes: freeBytes } = this.#options.limits;
    if (this.bytes > maxWireBytes) {
      this.#fail(bodyTooLarge(maxWireBytes));
      return;
    }
    this.#collected.append(chunk);
    if (this.bytes > freeBytes && !this.#reserved) this.#awaitMemory();
  }

  onResponseEnd(): void {
    this.#finish(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.closedByPeer = isClosed(error);
    if (this.#phase === 'draining') this.#finish(false);
    else this.#fail(toFetchError(error, { phase: this.#phase, bytes: this.bytes, limits: this.#options.limits }));
  }

  #countInterim(status: number): void {
    this.#interim += 1;
    const { maxInterimResponses } = this.#options.limits;
    // undici's parser fails with an assertion on an unrequested 101.
    if (status === 101)
      this.#fail(
        new FetchError(
          'protocol_error',
          'The server switched protocols without a request. The publisher must fix its server',
        ),
      );
    if (this.#interim > maxInterimResponses) {
      this.#fail(
        new FetchError(
          'protocol_error',
          `More than ${maxInterimResponses} interim (1xx) responses. The publisher must fix its server`,
        ),
      );
    }
  }

  #startBody(): void {
    this.#phase = 'body';
    const { maxWireBytes, minBytesPerSecond, slowWindowMs } = this.#options.limits;
    if (Number(this.#headers.first('content-length')) > maxWireBytes) {
      this.#fail(bodyTooLarge(maxWireBytes));
      return;
    }
    let before = 0;
    const timer = setInterval(() => {
      const received = this.bytes - before;
      before = this.bytes;
      const wasPaused = this.#paused;
      this.#paused = this.#controller?.paused ?? false;
      if (wasPaused || received >= (minBytesPerSecond * slowWindowMs) / 1000) return;
      const rate = `${minBytesPerSecond} bytes/s over ${formatSeconds(slowWindowMs)}`;
      this.#fail(new FetchError('slow_body', `The body arrived at less than ${rate}. The server is slow`));
    }, slowWindowMs);
    this.#timers.push(timer);
  }

  #startDrain(): void {
    this.#phase = 'draining';
    const { drainBytes, drainMs } = this.#options.limits;
    if (Number(this.#headers.first('content-length')) > drainBytes) this.#finish(true);
    else this.#after(drainMs, () => this.#finish(true));
  }

  /** Pauses reading until memory for a large body is available; TCP flow control makes the origin wait. */
  #awaitMemory(): void {
    this.#reserved = true;
    this.#paused = true;
    this.#controller?.pause();
    this.#options.reservation.acquire().then(() => {
      if (this.#phase === 'body') this.#controller?.resume();
    });
  }

  #outOfTime(): void {
    if (this.#phase === 'draining') this.#finish(true);
    else if (this.#phase !== 'done') this.#fail(deadlineError(this.#phase, this.#options.limits));
  }

  #finish(destroy: boolean): void {
    if (this.#phase === 'done') return;
    const body = this.#collected.toBytes();
    this.#end();
    if (destroy) this.#controller?.abort(new FetchError('internal_error', 'The rest of the body is not needed'));
    this.#resolve({ status: this.status ?? 0, headers: this.#headers, body, bytes: this.bytes });
  }

  #fail(error: FetchError): void {
    if (this.#phase === 'done') return;
    this.#end();
    this.#controller?.abort(error);
    this.#reject(error);
  }

  #end(): void {
    this.#phase = 'done';
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #after(ms: number, then: () => void): void {
    this.#timers.push(setTimeout(then, ms));
  }
}
