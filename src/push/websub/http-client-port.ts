/** One request to somebody outside. Redirects are answers like others: nothing is followed. */
export interface WebSubRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Whether the body of a good answer is read. */
  readonly readBody?: boolean;
}

/** What came of it. */
export type WebSubResponse =
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
export interface WebSubHttpClient {
  request(request: WebSubRequest): Promise<WebSubResponse>;
}

/** Whether an answer is one of success. */
export function isSuccess(answer: WebSubResponse): boolean {
  return answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;
}
