import { nearestWord } from '../../config/problems/did-you-mean.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import type { Store } from '../../store/engine/store.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { isServerPolling, withDatabase } from '../shared/open-database.ts';

/**
 * `newswire refresh [ids…]`: asks for sources to be read now. The reading itself is left to the server, which is the
 * only one that polls: two processes would ask the same publisher twice.
 */
export async function refresh(io: CliIo, ids: readonly string[], clock: Clock = systemClock): Promise<number> {
  const { requestRefresh } = await import('../../store/sources/source-state.ts');
  const asked = await withDatabase(io, async (store) => {
    await refuseUnknown(store, ids);
    return await requestRefresh(store, ids.length === 0 ? null : [...new Set(ids)], clock.now());
  });
  const count = `${asked} ${asked === 1 ? 'source' : 'sources'} to be read`;
  const who = (await isServerPolling(io))
    ? 'the server that polls does it at once, and no publisher is asked twice within a minute'
    : 'no server polls with this database now, so it is done when one starts';
  io.out(`${count}; ${who}.\n`);
  return exitCodes.done;
}

async function refuseUnknown(store: Store, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const { readSourceReports } = await import('../../store/sources/source-reports.ts');
  const known = (await readSourceReports(store.reader))
    .filter((report) => report.removedMs === null)
    .map((report) => report.id);
  const unknown = ids.filter((id) => !known.includes(id));
  const [first] = unknown;
  if (first === undefined) return;
  const meant = nearestWord(first, known);
  const hint = meant === null ? '"newswire sources" lists them' : `did you mean "${meant}"?`;
  const names = unknown.map((id) => `"${id}"`).join(', ');
  throw new CommandError(`no source is called ${names}; ${hint}`);
}
