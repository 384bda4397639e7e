import { type Origin, startOrigin } from '../origin.ts';
import type { ChaosCase, Network } from './chaos-case.ts';
import { documentCases } from './documents.ts';
import { httpStatusCases } from './http-status.ts';
import { itemCases } from './items.ts';
import { networkCases } from './network.ts';
import { redirectCases } from './redirects.ts';
import { schedulingCases } from './scheduling.ts';
import { transportCases } from './transport.ts';

/** Every row of the table of hostile origins, by theme and by name. */
export const chaosThemes = {
  transport: transportCases,
  redirects: redirectCases,
  'http-status': httpStatusCases,
  documents: documentCases,
  items: itemCases,
  network: networkCases,
  scheduling: schedulingCases,
} as const satisfies Readonly<Record<string, Readonly<Record<string, ChaosCase>>>>;

export type ChaosTheme = keyof typeof chaosThemes;

/** The case of a row; throws for a name that is none. */
export function chaosCase(row: string): ChaosCase {
  for (const cases of Object.values(chaosThemes) as Readonly<Record<string, ChaosCase>>[]) {
    if (Object.hasOwn(cases, row) && cases[row] !== undefined) return cases[row];
  }
  throw new Error(`there is no case ${row}`);
}

/** What a case was set up as. */
export interface PreparedSource {
  /** What the source of the case is declared with. */
  readonly url: string;
  readonly network: Network;
}

/** The origin on which the cases are played, one path each, with what stands around it. */
export interface ChaosOrigin {
  readonly origin: Origin;
  /** Somebody else's origin, to which a case may lead. */
  readonly elsewhere: Origin;
  /** Nobody may ever ask here. */
  readonly canary: Origin;
  /** Sets a case up in one of its variants. */
  prepare(row: string, variant: string): Promise<PreparedSource>;
  close(): Promise<void>;
}

/** Starts the origin; all of it is on 127.0.0.1. */
export async function startChaosOrigin(): Promise<ChaosOrigin> {
  const [origin, elsewhere, canary] = await Promise.all([startOrigin(), startOrigin(), startOrigin()]);
  const closes: (() => Promise<unknown>)[] = [origin, elsewhere, canary].map((one) => () => one.close());
  return {
    origin,
    elsewhere,
    canary,
    async prepare(row, variant) {
      const play = chaosCase(row).variants[variant];
      if (play === undefined) throw new Error(`${row} has no variant ${variant}`);
      const path = `/${row}/${encodeURIComponent(variant)}`;
      const url = origin.url + path;
      const closing = (close: () => Promise<unknown>): void => void closes.push(close);
      const set = await play({ url, path, origin, elsewhere, canary, closing });
      const played = 'length' in set ? { replies: set } : set;
      if (played.replies !== undefined) origin.on(path, ...played.replies);
      return { url: played.url ?? url, network: played.network ?? {} };
    },
    async close() {
      for (const close of closes.reverse()) await close();
    },
  };
}
