import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { StorageError } from '../../domain/storage.ts';
import type { Log } from '../../runtime/log.ts';

/** An error as the client sees it. It quotes no part of the request, but for the beginning of a parameter's name. */
export interface Problem {
  readonly status: ContentfulStatusCode;
  /** For programs. */
  readonly code: string;
  /** For people: what is wrong, and what to do. */
  readonly message: string;
  /** Seconds to wait before a retry: Retry-After. */
  readonly retryAfterS?: number;
}

/** A request that cannot be answered as asked. */
export class RequestError extends HTTPException {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.status, { message: problem.message });
    this.problem = problem;
  }
}

/** The request is invalid. */
export function badRequest(code: string, message: string): RequestError {
  return new RequestError({ status: 400, code, message });
}

/** No resource has this URL. */
export function notFound(message = 'There is nothing at this address.'): RequestError {
  return new RequestError({ status: 404, code: 'not_found', message });
}

/** The item was withdrawn. */
export function goneItem(): RequestError {
  return new RequestError({
    status: 410,
    code: 'withdrawn',
    message: 'This item was withdrawn. Do not rely on what it said.',
  });
}

/** The client has exceeded a rate limit. */
export function tooManyRequests(message: string, retryAfterS: number): RequestError {
  return new RequestError({ status: 429, code: 'too_many_requests', message, retryAfterS });
}

const overBudgetCode = 'query_over_budget';
const overBudgetRetryS = 30;
const busyRetryS = 5;

/** A query was not run, or was ended. */
export function queryRefused(kind: 'over-budget' | 'busy'): RequestError {
  if (kind === 'busy') {
    const message = `Too many searches are waiting. Try again in ${busyRetryS} seconds.`;
    return new RequestError({ status: 503, code: 'busy', message, retryAfterS: busyRetryS });
  }
  const message = 'This search takes too long. Use fewer words, fewer excluded words or fewer values of a filter.';
  return new RequestError({ status: 503, code: overBudgetCode, message, retryAfterS: overBudgetRetryS });
}

/** Whether the error means that a query was ended because it exceeded its budget. */
export function isOverBudget(error: unknown): boolean {
  return error instanceof RequestError && error.problem.code === overBudgetCode;
}

const internalError: Problem = {
  status: 500,
  code: 'internal_error',
  message: 'The server failed to answer the request. The error has been logged. Try again later.',
};

const storageRetryS = 60;

/** The store has logged the fault already. */
function storageProblem(method: string): Problem {
  const isRead = method === 'GET' || method === 'HEAD';
  const what = isRead
    ? 'The database cannot be read at present.'
    : 'The database cannot be written at present, and what you sent was not stored.';
  return {
    status: 503,
    code: 'storage_unavailable',
    message: `${what} Try again in a few minutes.`,
    retryAfterS: storageRetryS,
  };
}

/** The client has gone: only the log of a proxy may show it. */
const incompleteRequest: Problem = {
  status: 400,
  code: 'incomplete_request',
  message: 'The request ended before all of it was received.',
};

/** Whether the client closed the connection before it had sent the whole request. Not an error of ours. */
function wasAborted(c: Context): boolean {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return incoming?.destroyed === true && !incoming.complete;
}

/** Maps an exception to an error for the client. An unexpected one is logged, and its message is not shown. */
export function toProblem(error: unknown, c: Context, log: Log): Problem {
  if (error instanceof RequestError) return error.problem;
  if (error instanceof HTTPException && error.status < 500) {
    return {
      status: error.status as ContentfulStatusCode,
      code: 'bad_request',
      message: 'The request is invalid.',
    };
  }
  if (error instanceof StorageError) return storageProblem(c.req.method);
  const facts = { err: error, method: c.req.method, path: c.req.path };
  if (wasAborted(c)) {
    log.debug(facts, 'request aborted by the client');
    return incompleteRequest;
  }
  log.error(facts, 'request failed');
  return internalError;
}
