import { createHash, timingSafeEqual } from 'node:crypto';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Log } from '../../runtime/log.ts';
import { addressKey } from '../shared/address-key.ts';
import { take } from './consume.ts';

/** Wrong tokens from one address. */
const maxWrong = { points: 10, duration: 900 };

/** What came of a token that was given: right, wrong, or not looked at before so many seconds have passed. */
export type TokenCheck =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number };

/** One token as it was given. */
export interface GivenToken {
  readonly text: string;
  /** Of the client; '' when there is none. Counted by network, loopback like any other. */
  readonly address: string;
  /** Where it was given, for the log. */
  readonly where: string;
}

/** What a guard works with. */
export interface TokenGuardParts {
  /** The variable that holds it, for the log. */
  readonly name: string;
  readonly token: string;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Guards a token of the operator. Every place that takes the token asks the same guard, so that what one place counts
 * counts for all.
 */
export class TokenGuard {
  readonly #parts: TokenGuardParts;
  readonly #wrong = new RateLimiterMemory(maxWrong);

  constructor(parts: TokenGuardParts) {
    this.#parts = parts;
  }

  /** Judges a token. Each wrong one is logged with the network that it came from. */
  async check({ text, address, where }: GivenToken): Promise<TokenCheck> {
    const { name, token, log } = this.#parts;
    const from = addressKey(address) ?? 'loopback';
    // Counted before it is compared: many at once are as many.
    const seconds = await take(this.#wrong, from);
    if (seconds !== null) return { kind: 'wait', seconds };
    if (!isToken(text, token)) {
      log.warn({ address: from, token: name, where }, 'a wrong token was given');
      return { kind: 'wrong' };
    }
    await this.#wrong.reward(from, 1);
    return { kind: 'right' };
  }
}

/** Whether a text is the token. Takes as long whatever the text is: not even its length shows. */
export function isToken(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
