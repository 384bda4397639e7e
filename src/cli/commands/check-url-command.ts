import { readFeedsDir } from '../../config/environment/environment.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import type { Inspection } from '../inspect/inspect.ts';
import { type InspectOverrides, inspectAddress } from '../inspect/inspect-address.ts';
import { formatInspection, inspectionToJson } from '../inspect/report.ts';
import { readSiteAddress } from '../inspect/site-address.ts';
import { printJson } from '../output/print.ts';
import { type CliIo, exitCodes } from '../shared/io.ts';

/**
 * `newswire check URL`: shows how a feed, or the best feed of a page, would be processed as a source. Exit code 1 when no
 * feed can be read.
 */
export async function checkUrl(
  io: CliIo,
  text: string,
  options: { readonly json?: boolean },
  own: InspectOverrides = {},
): Promise<number> {
  const address = await readSiteAddress(text, readFeedsDir(io.env));
  const inspection = await inspectAddress(io, address, own);
  if (options.json) printJson(io, inspectionToJson(inspection));
  else {
    io.out(formatInspection(inspection, io.columns));
    printFeedFailures(io, inspection);
  }
  return inspection.feed === null ? exitCodes.failed : exitCodes.done;
}

/** Prints why each URL is not a readable feed. */
export function printFeedFailures(io: CliIo, { page, failures }: Pick<Inspection, 'page' | 'failures'>): void {
  // `formatPage` has already reported it.
  if (page !== null && page.feeds.length === 0) return;
  for (const { url, failure, detail } of failures) io.err(`${cleanLine(`${url}: ${failure}: ${detail}`, 1000)}\n`);
}
