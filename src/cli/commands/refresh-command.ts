import { nearestWord } from '../../config/problems/did-you-mean.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import type { Store } from '../../store/engine/store.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { isServerPolling, withDatabase } from '../shared/open-database.ts';

/**
 * `newswire refresh [ids…]`: requests a poll of sources now. The server polls; the command does not, since two processes
 * would request the same feed twice.
 */
export async function refresh(io: CliIo, ids: readonly string[], clock: Clock = systemClock): Promise<number> {
  const { requestRefresh } = await import('../../store/sources/source-state.ts');
  const requested = await withDatabase(io, async (store) => {
    await checkIds(store, ids);
    return await requestRefresh(store, ids.length === 0 ? null : [...new Set(ids)], clock.now());
  });
  const count = `${requested} ${requested === 1 ? 'source' : 'sources'} scheduled`;
  const when = (await isServerPolling(io))
    ? 'the running server polls now, each source at most once a minute'
    : 'no server is running with this database; the next one to start polls them';
  io.out(`${count}; ${when}.\n`);
  return exitCodes.done;
}

async function checkIds(store: Store, ids: readonly string[]): Promise<void> {
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
  throw new CommandError(`unknown source ${names}; ${hint}`);
}
