import { createHash, timingSafeEqual } from 'node:crypto';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Log } from '../../../runtime/log.ts';
import { addressKey } from '../../shared/client-address.ts';
import { consumePoint } from '../../shared/client-limits.ts';

/** The wrong tokens that one address may send. */
const wrongTokens = { points: 10, duration: 900 };

/** The result of a check. `wait`: too many wrong tokens, so the token was not compared. */
export type TokenCheck =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number };

/** A token that a client sent. */
export interface TokenAttempt {
  /** The text that was sent as the token. */
  readonly text: string;
  /** The address of the client. Loopback is limited too. */
  readonly address: string;
  /** The route that received it, for the log. */
  readonly endpoint: string;
}

/** What a guard checks against. */
export interface TokenGuardOptions {
  /** The environment variable that holds the token, for the log. */
  readonly variable: string;
  readonly token: string;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Checks one of the operator's tokens and limits wrong attempts. All endpoints that accept the token share one guard, so
 * that an attempt at one endpoint counts for all.
 */
export class TokenGuard {
  readonly #parts: TokenGuardOptions;
  readonly #wrong = new RateLimiterMemory(wrongTokens);

  constructor(parts: TokenGuardOptions) {
    this.#parts = parts;
  }

  /** Checks a token. Each wrong one is logged with the network of the client. */
  async check({ text, address, endpoint }: TokenAttempt): Promise<TokenCheck> {
    const { variable, token, log } = this.#parts;
    const from = addressKey(address) ?? 'loopback';
    // Consume before comparing: concurrent attempts must each count.
    const seconds = await consumePoint(this.#wrong, from);
    if (seconds !== null) return { kind: 'wait', seconds };
    if (!matchesToken(text, token)) {
      log.warn({ address: from, token: variable, endpoint }, 'wrong token');
      return { kind: 'wrong' };
    }
    await this.#wrong.reward(from, 1);
    return { kind: 'right' };
  }
}

/** Compares in constant time, whatever the text and its length. */
export function matchesToken(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
