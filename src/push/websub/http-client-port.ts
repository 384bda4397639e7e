/** An outgoing request. */
export interface WebSubRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Whether the body of a 2xx response is read. */
  readonly readBody?: boolean;
}

/** The result of a request. A redirect is an answer like any other: it is not followed. */
export type WebSubResponse =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Empty unless it was to be read. */
      readonly body: Uint8Array;
      readonly location: string | null;
      /** From Retry-After; null: no such header. */
      readonly retryAfterMs: number | null;
    }
  | {
      readonly kind: 'failed';
      /** One sanitised line without secrets. */
      readonly detail: string;
    };

/** Sends WebSub's requests: with address guard, deadlines and a limit on what is read. Never rejects. */
export interface WebSubHttpClient {
  request(request: WebSubRequest): Promise<WebSubResponse>;
}

/** Whether the response has a 2xx status. */
export function isSuccess(response: WebSubResponse): boolean {
  return response.kind === 'answered' && response.status >= 200 && response.status < 300;
}
