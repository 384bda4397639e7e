import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { StorageError } from '../../domain/storage.ts';
import type { Log } from '../../runtime/log.ts';

/** What a reader is told of a fault. Of the request it quotes at most the beginning of a parameter's name. */
export interface Problem {
  readonly status: ContentfulStatusCode;
  /** For machines. */
  readonly code: string;
  /** For people: one sentence. */
  readonly message: string;
  /** Seconds after which it makes sense to ask again: Retry-After. */
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

/** The request says something that we do not understand. */
export function badRequest(code: string, message: string): RequestError {
  return new RequestError({ status: 400, code, message });
}

/** There is nothing at this address. */
export function notFound(message = 'There is nothing at this address.'): RequestError {
  return new RequestError({ status: 404, code: 'not_found', message });
}

/** There was something at this address, and it was taken back. */
export function goneItem(): RequestError {
  return new RequestError({
    status: 410,
    code: 'withdrawn',
    message: 'This item was withdrawn. What it said should no longer be relied on.',
  });
}

/** The client has asked too often. */
export function tooManyRequests(message: string, retryAfterS: number): RequestError {
  return new RequestError({ status: 429, code: 'too_many_requests', message, retryAfterS });
}

const overBudgetCode = 'query_over_budget';
const overBudgetRetryS = 30;
const busyRetryS = 5;

/** Why a query was not answered, for its client. */
export function queryRefused(kind: 'over-budget' | 'busy'): RequestError {
  if (kind === 'busy') {
    const message = `Too many searches are waiting. Try again in ${busyRetryS} seconds.`;
    return new RequestError({ status: 503, code: 'busy', message, retryAfterS: busyRetryS });
  }
  const message = 'This search takes too long. Use fewer words, fewer excluded words or fewer values of a filter.';
  return new RequestError({ status: 503, code: overBudgetCode, message, retryAfterS: overBudgetRetryS });
}

/** Whether it says that a query was ended because it took too long. */
export function isOverBudget(error: unknown): boolean {
  return error instanceof RequestError && error.problem.code === overBudgetCode;
}

const unknownFault: Problem = {
  status: 500,
  code: 'internal_error',
  message: 'Something went wrong on our side. It has been noted.',
};

const storageRetryS = 60;

/** The store has reported it already. */
function storageProblem(method: string): Problem {
  const isRead = method === 'GET' || method === 'HEAD';
  const what = isRead
    ? 'This cannot be read at present.'
    : 'Nothing can be stored at present; what you sent was not kept.';
  return {
    status: 503,
    code: 'storage_unavailable',
    message: `${what} Try again in some minutes.`,
    retryAfterS: storageRetryS,
  };
}

/** Nobody is there to read it. */
const brokenOff: Problem = { status: 400, code: 'incomplete_request', message: 'The request was not sent to its end.' };

/** Whether the client went away before all of its request was here: no fault of ours, and anyone can do it at will. */
function wasBrokenOff(c: Context): boolean {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  return incoming?.destroyed === true && !incoming.complete;
}

/** Of an exception of any kind, what may be said of it. An unknown one gives nothing away: it is logged instead. */
export function toProblem(error: unknown, c: Context, log: Log): Problem {
  if (error instanceof RequestError) return error.problem;
  if (error instanceof HTTPException && error.status < 500) {
    return {
      status: error.status as ContentfulStatusCode,
      code: 'bad_request',
      message: 'The request cannot be answered.',
    };
  }
  if (error instanceof StorageError) return storageProblem(c.req.method);
  const facts = { err: error, method: c.req.method, path: c.req.path };
  if (wasBrokenOff(c)) {
    log.debug(facts, 'a request was broken off');
    return brokenOff;
  }
  log.error(facts, 'request failed');
  return unknownFault;
}
