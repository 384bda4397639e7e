import { type Origin, startOrigin } from '../origin.ts';
import type { ChaosCase, Network } from './chaos-case.ts';
import { documentCases } from './documents.ts';
import { httpStatusCases } from './http-status.ts';
import { itemCases } from './items.ts';
import { networkCases } from './network.ts';
import { redirectCases } from './redirects.ts';
import { schedulingCases } from './scheduling.ts';
import { transportCases } from './transport.ts';

/** All rows of test/cases/hostile-origins.md, by theme and row code. */
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

/** The case of a row. @throws if the row does not exist. */
export function chaosCase(row: string): ChaosCase {
  for (const cases of Object.values(chaosThemes) as Readonly<Record<string, ChaosCase>>[]) {
    if (Object.hasOwn(cases, row) && cases[row] !== undefined) return cases[row];
  }
  throw new Error(`there is no case ${row}`);
}

/** The prepared source of a case. */
interface PreparedSource {
  /** The declared URL of the source. */
  readonly url: string;
  readonly network: Network;
}

/** The origin of all cases, one path each, with its helpers. */
export interface ChaosOrigin {
  readonly origin: Origin;
  /** Another origin, to which a case may lead. */
  readonly elsewhere: Origin;
  /** An origin that must not receive requests. */
  readonly canary: Origin;
  /** Prepares a variant of a case. */
  prepare(row: string, variant: string): Promise<PreparedSource>;
  close(): Promise<void>;
}

/** Starts the origins, on 127.0.0.1. */
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
