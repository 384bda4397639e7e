import type { Context } from 'hono';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { hasBoundedCost } from '../../../store/queries/snapshot.ts';
import { addressKey } from '../../shared/address-key.ts';
import type { AppContext } from '../../shared/app-context.ts';
import { clientAddressOf } from '../../shared/client-of.ts';
import { consumePoint } from '../../shared/consume-point.ts';
import type { ItemsQuery, Snapshot } from '../../shared/read-port.ts';
import { isOverBudget, tooManyRequests } from '../../shared/request-error.ts';
import { ConcurrencyLimit } from './concurrency-limit.ts';

/** Searches and finer choices of one address in a minute. Pages of everything, of a section or of a source are free. */
const quota = { points: 60, duration: 60 };
/** What a query counts for in all that was ended because it was over its budget. */
const overBudgetPoints = 10;
/** Queries of one address that run or wait at a time: a few addresses must not take all the places in the queue. */
const maxUnderWay = 8;
const underWayRetryS = 2;

/** Charges clients for queries whose cost they choose. What is answered from the cache never comes here. */
export interface QueryLimit {
  /**
   * Charges the client of a request for one query.
   *
   * @throws RequestError 429 when it has asked too often.
   */
  charge(c: Context, parts: Pick<AppContext, 'clientAddress'>): Promise<void>;
  /** Charges the client for what a query over its budget has cost, as much as for several. */
  chargeOverBudget(c: Context, parts: Pick<AppContext, 'clientAddress'>): Promise<void>;
  /**
   * Takes one of the client's places for a query that runs or waits.
   *
   * @returns what to call once the query has ended.
   * @throws RequestError 429 when it has none left.
   */
  start(c: Context, parts: Pick<AppContext, 'clientAddress'>): () => void;
}

/** A limit that has counted nothing yet. This machine itself is not counted. */
export function createQueryLimit(): QueryLimit {
  const charged = new RateLimiterMemory(quota);
  const underWay = new ConcurrencyLimit(maxUnderWay);
  const keyOf = (c: Context, parts: Pick<AppContext, 'clientAddress'>): string | null => {
    const from = clientAddressOf(c, parts);
    return from === '' ? null : addressKey(from);
  };
  return {
    async charge(c, parts) {
      const key = keyOf(c, parts);
      const waitS = key === null ? null : await consumePoint(charged, key);
      if (waitS === null) return;
      throw tooManyRequests(
        `More than ${quota.points} searches or filtered lists in a minute came from your address. ` +
          `Try again in ${waitS} seconds.`,
        waitS,
      );
    },
    async chargeOverBudget(c, parts) {
      const key = keyOf(c, parts);
      if (key !== null) await charged.penalty(key, overBudgetPoints - 1);
    },
    start(c, parts) {
      const key = keyOf(c, parts);
      if (key === null) return () => {};
      if (!underWay.isFull(key)) return underWay.add(key);
      throw tooManyRequests(
        `${maxUnderWay} searches or filtered lists of your address are under way. Wait until one is answered.`,
        underWayRetryS,
      );
    },
  };
}

/**
 * Reads a page of items for a client, who is charged for it when the query may cost much.
 *
 * @throws RequestError 429 when the client has asked too often; 503 when the query is over its budget, or too many wait.
 */
export async function readItemsFor(
  c: Context,
  parts: Pick<AppContext, 'reads' | 'queryLimit' | 'clientAddress'>,
  query: ItemsQuery,
): Promise<Snapshot> {
  if (hasBoundedCost(query)) return parts.reads.items(query);
  const end = parts.queryLimit?.start(c, parts);
  try {
    await parts.queryLimit?.charge(c, parts);
    return await parts.reads.items(query);
  } catch (error) {
    if (isOverBudget(error)) await parts.queryLimit?.chargeOverBudget(c, parts);
    throw error;
  } finally {
    end?.();
  }
}
