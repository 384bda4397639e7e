import { setTimeout as pause } from 'node:timers/promises';
import { readSettings } from '../../config/environment/environment.ts';
import { createFetcher } from '../../fetch/fetch-source.ts';
import { systemClock } from '../../runtime/clock.ts';
import { createDocumentProcessor } from '../../server/stages/document-processor.ts';
import type { CliIo } from '../shared/io.ts';
import { type Inspection, type InspectParts, inspect } from './inspect.ts';
import { createOperatorFetcher } from './operator-fetcher.ts';
import type { SiteAddress } from './site-address.ts';

/** Replacements for tests. */
export type InspectOverrides = Partial<Pick<InspectParts, 'processor' | 'clock' | 'pause'>> & {
  readonly createFetcher?: typeof createFetcher;
};

/** Inspects a URL with the server's fetcher and document worker. */
export async function inspectAddress(io: CliIo, address: SiteAddress, own: InspectOverrides = {}): Promise<Inspection> {
  const settings = readSettings(io.env);
  const clock = own.clock ?? systemClock;
  const fetcher = createOperatorFetcher(settings, address.url, { clock, create: own.createFetcher ?? createFetcher });
  const processor = own.processor ?? createDocumentProcessor({ workers: 1 });
  const headers: Record<string, string> = {};
  if (address.authorization !== null) headers['Authorization'] = address.authorization;
  try {
    return await inspect({ url: address.url, headers }, { fetcher, processor, clock, pause: own.pause ?? wait });
  } finally {
    await Promise.all([fetcher.close(), processor.close()]);
  }
}

async function wait(ms: number): Promise<void> {
  await pause(ms);
}
