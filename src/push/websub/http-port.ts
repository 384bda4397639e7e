/** One request to somebody outside. Redirects are answers like others: nothing is followed. */
export interface WebRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Whether the body of a good answer is read. */
  readonly readBody?: boolean;
}

/** What came of it. */
export type WebAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Empty when it was not to be read. */
      readonly body: Uint8Array;
      readonly location: string | null;
      /** From Retry-After; null: not said. */
      readonly retryAfterMs: number | null;
    }
  | {
      readonly kind: 'failed';
      /** One cleaned line without secrets. */
      readonly detail: string;
    };

/** The way out, as WebSub needs it: guarded, with deadlines and a bound on what is read. Never rejects. */
export interface WebClient {
  request(request: WebRequest): Promise<WebAnswer>;
}

/** Whether an answer is one of success. */
export function isGood(answer: WebAnswer): boolean {
  return answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;
}
