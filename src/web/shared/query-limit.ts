import type { Context } from 'hono';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { hasBoundedCost } from '../../store/queries/snapshot.ts';
import type { AppContext } from './app-context.ts';
import { addressKey, clientAddressOf } from './client-address.ts';
import { ConcurrencyLimit, consumePoint } from './client-limits.ts';
import type { ItemsQuery, Snapshot } from './read-port.ts';
import { isOverBudget, tooManyRequests } from './request-error.ts';

/** The searches and filtered lists of one address in a minute. Lists of everything, a section or a source are free. */
const quota = { points: 60, duration: 60 };
/** The points of a query that was ended because it exceeded its budget. */
const overBudgetPoints = 10;
/** The queries of one address that run or wait at a time, so that a few addresses cannot fill the queue. */
const maxConcurrent = 8;
const concurrentRetryS = 2;

/** Limits queries whose cost the client chooses. A response from the cache is not counted. */
export interface QueryLimit {
  /**
   * Counts one query of the client.
   *
   * @throws RequestError 429 when the client has used its quota.
   */
  charge(c: Context, context: Pick<AppContext, 'clientAddress'>): Promise<void>;
  /** Counts a query that exceeded its budget as several. */
  chargeOverBudget(c: Context, context: Pick<AppContext, 'clientAddress'>): Promise<void>;
  /**
   * Reserves one of the client's concurrent queries.
   *
   * @returns releases it; call it when the query has ended.
   * @throws RequestError 429 when all are in use.
   */
  start(c: Context, context: Pick<AppContext, 'clientAddress'>): () => void;
}

/** Creates a limit with empty counters. Loopback is not limited. */
export function createQueryLimit(): QueryLimit {
  const queries = new RateLimiterMemory(quota);
  const concurrent = new ConcurrencyLimit(maxConcurrent);
  const keyOf = (c: Context, context: Pick<AppContext, 'clientAddress'>): string | null => {
    const address = clientAddressOf(c, context);
    return address === '' ? null : addressKey(address);
  };
  return {
    async charge(c, context) {
      const key = keyOf(c, context);
      const waitS = key === null ? null : await consumePoint(queries, key);
      if (waitS === null) return;
      throw tooManyRequests(
        `Your address has sent more than ${quota.points} searches or filtered lists within a minute. ` +
          `Try again in ${waitS} seconds.`,
        waitS,
      );
    },
    async chargeOverBudget(c, context) {
      const key = keyOf(c, context);
      if (key !== null) await queries.penalty(key, overBudgetPoints - 1);
    },
    start(c, context) {
      const key = keyOf(c, context);
      if (key === null) return () => {};
      if (!concurrent.isFull(key)) return concurrent.add(key);
      throw tooManyRequests(
        `${maxConcurrent} searches or filtered lists of your address are running. Wait for one of the responses.`,
        concurrentRetryS,
      );
    },
  };
}

/**
 * Reads a page of items. The client is charged for a query whose cost it chooses.
 *
 * @throws RequestError 429 when the client is over its limits, 503 when the query exceeds its budget or the queue is full.
 */
export async function readItemsFor(
  c: Context,
  context: Pick<AppContext, 'reads' | 'queryLimit' | 'clientAddress'>,
  query: ItemsQuery,
): Promise<Snapshot> {
  if (hasBoundedCost(query)) return context.reads.items(query);
  const end = context.queryLimit?.start(c, context);
  try {
    await context.queryLimit?.charge(c, context);
    return await context.reads.items(query);
  } catch (error) {
    if (isOverBudget(error)) await context.queryLimit?.chargeOverBudget(c, context);
    throw error;
  } finally {
    end?.();
  }
}
