import { createHash, timingSafeEqual } from 'node:crypto';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Log } from '../../../runtime/log.ts';
import { addressKey } from '../../shared/address-key.ts';
import { consumePoint } from '../../shared/consume-point.ts';

/** Wrong tokens from one address. */
const maxWrong = { points: 10, duration: 900 };

/** What came of a token that was given: right, wrong, or not looked at before so many seconds have passed. */
export type TokenCheck =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number };

/** One token as it was given. */
export interface TokenAttempt {
  readonly text: string;
  /** Of the client; '' when there is none. Counted by network, loopback like any other. */
  readonly address: string;
  /** Where it was given, for the log. */
  readonly where: string;
}

/** What a guard works with. */
export interface TokenGuardOptions {
  /** The variable that holds it, for the log. */
  readonly variable: string;
  readonly token: string;
  readonly log: Pick<Log, 'warn'>;
}

/**
 * Guards a token of the operator. Every place that takes the token asks the same guard, so that what one place counts
 * counts for all.
 */
export class TokenGuard {
  readonly #parts: TokenGuardOptions;
  readonly #wrong = new RateLimiterMemory(maxWrong);

  constructor(parts: TokenGuardOptions) {
    this.#parts = parts;
  }

  /** Judges a token. Each wrong one is logged with the network that it came from. */
  async check({ text, address, where }: TokenAttempt): Promise<TokenCheck> {
    const { variable, token, log } = this.#parts;
    const from = addressKey(address) ?? 'loopback';
    // Counted before it is compared: many at once are as many.
    const seconds = await consumePoint(this.#wrong, from);
    if (seconds !== null) return { kind: 'wait', seconds };
    if (!matchesToken(text, token)) {
      log.warn({ address: from, token: variable, where }, 'a wrong token was given');
      return { kind: 'wrong' };
    }
    await this.#wrong.reward(from, 1);
    return { kind: 'right' };
  }
}

/** Whether a text is the token. Takes as long whatever the text is: not even its length shows. */
export function matchesToken(given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
