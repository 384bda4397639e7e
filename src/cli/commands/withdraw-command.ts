import { readSettings, type Settings } from '../../config/environment/environment.ts';
import type { Item } from '../../domain/items/item.ts';
import { canonicalUrl } from '../../normalise/links/resolve-links.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import type { Store } from '../../store/engine/store.ts';
import { formatRelativeTime } from '../output/format-duration.ts';
import { formatTable } from '../output/format-table.ts';
import { printJson } from '../output/print.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { withDatabase } from '../shared/open-database.ts';

export interface WithdrawOptions {
  /** Undoes withdrawals. */
  readonly undo?: boolean;
  readonly json?: boolean;
}

/**
 * `newswire withdraw ITEM…`: removes items from pages, feeds and search. A running server notifies live clients when it sees
 * the event log grow. All or none: an item that is unknown or already withdrawn makes the command fail.
 */
export async function withdraw(
  io: CliIo,
  targets: readonly string[],
  options: WithdrawOptions,
  clock: Clock = systemClock,
): Promise<number> {
  const undo = options.undo ?? false;
  const settings = readSettings(io.env);
  const { restoreItem, withdrawItem } = await import('../../store/items/withdraw-items.ts');
  const items = await withDatabase(io, async (store) => {
    const found = await findItems(store, targets, settings);
    checkNotDone(found, undo, clock.now());
    const change = undo ? restoreItem : withdrawItem;
    for (const { id } of found) await change(store, id, clock.now());
    return found;
  });
  if (options.json) printJson(io, { [undo ? 'restored' : 'withdrawn']: items.map((item) => itemToJson(item, clock)) });
  else printItems(io, items, undo);
  return exitCodes.done;
}

async function findItems(store: Store, targets: readonly string[], settings: Settings): Promise<Item[]> {
  const found = new Map<number, Item>();
  const unknown: string[] = [];
  for (const target of targets) {
    const item = await findItem(store, target, settings);
    if (item === null) unknown.push(JSON.stringify(target));
    else found.set(item.id, item);
  }
  if (unknown.length === 0) return [...found.values()];
  const hint = 'give the number at the end of its page (/items/17), the URL of that page, or the URL of the original';
  throw new CommandError(`there is no item ${unknown.join(', ')}; ${hint}`);
}

async function findItem(store: Store, target: string, settings: Settings): Promise<Item | null> {
  const { readItem, readItemByKey } = await import('../../store/queries/read-items.ts');
  if (/^[1-9]\d{0,14}$/.test(target)) return await readItem(store.reader, Number(target));
  const number = URL.canParse(target) ? numberOfPage(new URL(target), settings) : null;
  if (number !== null) return await readItem(store.reader, number);
  const key = canonicalUrl(target);
  return key === null ? null : await readItemByKey(store.reader, key);
}

/** The item number of a page of this server. A publisher may have an `/items/17` too. */
function numberOfPage(url: URL, { publicUrl, host }: Settings): number | null {
  const base = publicUrl === null ? null : new URL(publicUrl);
  const isOurs = url.host === base?.host || ['127.0.0.1', '[::1]', 'localhost', host].includes(url.hostname);
  const number = /\/items\/([1-9]\d{0,14})$/.exec(url.pathname)?.[1];
  return isOurs && number !== undefined ? Number(number) : null;
}

function checkNotDone(items: readonly Item[], undo: boolean, nowMs: number): void {
  // An item that was only omitted by its feed can still be withdrawn permanently.
  const done = items.filter(({ withdrawnMs, withdrawalReason }) =>
    undo ? withdrawnMs === null : withdrawnMs !== null && withdrawalReason !== 'omitted',
  );
  if (done.length === 0) return;
  const names = done.map(({ id, withdrawnMs }) =>
    withdrawnMs === null
      ? `item ${id} is not withdrawn`
      : `item ${id} was withdrawn ${formatRelativeTime(withdrawnMs, nowMs)}`,
  );
  throw new CommandError(`${names.join('; ')}${undo ? '' : '; --undo restores it'}`);
}

function itemToJson(item: Item, clock: Clock): object {
  const { id, url, title, section, source } = item;
  return { id, url, title, source: source.id, section, at: new Date(clock.now()).toISOString() };
}

function printItems(io: CliIo, items: readonly Item[], undo: boolean): void {
  const head = [
    { title: 'ID', align: 'right' },
    { title: 'SOURCE', canShrink: true },
    { title: 'TITLE', canShrink: true },
    { title: 'URL', canShrink: true },
  ] as const;
  const rows = items.map(({ id, source, title, url }) => [String(id), source.title, title, url ?? '']);
  io.out(formatTable(head, rows, io.columns));
  const count = `${items.length} ${items.length === 1 ? 'item' : 'items'}`;
  const what = undo ? 'restored to pages, feeds and search' : 'withdrawn from pages, feeds and search';
  io.out(`\n${count} ${what}; a running server notifies live clients within a second.\n`);
}
