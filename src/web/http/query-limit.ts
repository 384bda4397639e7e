import type { Context } from 'hono';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { hasBoundedCost } from '../../store/snapshot.ts';
import { tooMany } from '../errors.ts';
import { addressKey } from '../live/address-key.ts';
import type { AppParts } from '../parts.ts';
import type { ItemsQuery, Snapshot } from '../reads.ts';
import { clientOf } from './client-of.ts';
import { take } from './take.ts';

/** Searches and finer choices of one address in a minute. Pages of everything, of a section or of a source are free. */
export const queryQuota = { points: 60, duration: 60 };

/** Charges clients for queries whose cost they choose. What is answered from the cache never comes here. */
export interface QueryLimit {
  /**
   * Charges the client of a request for one query.
   *
   * @throws RequestError 429 when it has asked too often.
   */
  charge(c: Context, parts: Pick<AppParts, 'clientAddress'>): Promise<void>;
}

/** A limit that has counted nothing yet. This machine itself is not counted. */
export function createQueryLimit(): QueryLimit {
  const charged = new RateLimiterMemory(queryQuota);
  return {
    async charge(c, parts) {
      const from = clientOf(c, parts);
      const key = from === '' ? null : addressKey(from);
      const waitS = key === null ? null : await take(charged, key);
      if (waitS === null) return;
      throw tooMany(
        `More than ${queryQuota.points} searches or filtered lists in a minute came from your address. ` +
          `Try again in ${waitS} seconds.`,
        waitS,
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
  parts: Pick<AppParts, 'reads' | 'queryLimit' | 'clientAddress'>,
  query: ItemsQuery,
): Promise<Snapshot> {
  if (!hasBoundedCost(query)) await parts.queryLimit?.charge(c, parts);
  return parts.reads.items(query);
}
