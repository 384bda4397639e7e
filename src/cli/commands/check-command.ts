import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeSettings, readFeedsDir, readSettings } from '../../config/environment/environment.ts';
import { readDeclarations } from '../../config/read-declarations.ts';
import { type AlertReceiver, alertKinds } from '../../domain/alerts/alert.ts';
import { ConfigError, type ConfigProblem } from '../../domain/config-error.ts';
import { minuteMs } from '../../domain/durations.ts';
import type { Filter } from '../../domain/events/filter.ts';
import type { Webhook } from '../../domain/events/webhook.ts';
import { displayUrl } from '../../domain/masking.ts';
import type { RemoteList } from '../../domain/polling/remote-list.ts';
import type { Declarations, Source } from '../../domain/polling/source.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { formatDuration } from '../output/format-duration.ts';
import { formatTable } from '../output/format-table.ts';
import { printJson, printProblems, printWarnings } from '../output/print.ts';
import { type CliIo, exitCodes } from '../shared/io.ts';

export interface CheckOptions {
  readonly json?: boolean;
  readonly printConfig?: boolean;
}

/** `newswire check`: validates the environment and the declarations, and shows them. */
export async function check(io: CliIo, options: CheckOptions): Promise<number> {
  const problems: ConfigProblem[] = [];
  const note = (error: unknown): null => {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return null;
  };
  try {
    readSettings(io.env);
  } catch (error) {
    note(error);
  }
  const declarations = await readDeclarations(readFeedsDir(io.env), io.env).catch(note);
  if (options.json) printJson(io, report(io, problems, declarations));
  else printTables(io, problems, { declarations, settings: options.printConfig ?? false });
  return problems.length > 0 ? exitCodes.badUsage : exitCodes.done;
}

function report(io: CliIo, problems: readonly ConfigProblem[], declarations: Declarations | null): object {
  return {
    ok: problems.length === 0,
    problems,
    warnings: declarations?.warnings ?? [],
    settings: describeSettings(io.env).map(({ name, value, isSet }) => ({ name, value, isSet })),
    site: declarations?.site ?? null,
    sections: declarations?.sections ?? [],
    sources: declarations?.sources.map(withoutHeaderValues) ?? [],
    lists: declarations?.lists.map(withoutListSecrets) ?? [],
    webhooks: declarations?.webhooks.map(withoutWebhookSecrets) ?? [],
    alerts: declarations?.alerts.map(describeReceiver) ?? [],
  };
}

/** Headers by name only: their values may be secret. */
function withoutHeaderValues(source: Source): object {
  const { headers, declarationHash: _, hidden: __, listedBy: ___, ...shown } = source;
  return { ...shown, url: displayUrl(source), headers: Object.keys(headers) };
}

function withoutListSecrets(list: RemoteList): object {
  const { headers, everyMs, section, declaredAt } = list;
  return { url: displayUrl(list), everyMs, section, headers: Object.keys(headers), declaredAt };
}

function withoutWebhookSecrets(webhook: Webhook): object {
  const { secrets: _, hidden: __, formerId: ___, ...shown } = webhook;
  return { ...shown, url: displayUrl(webhook) };
}

function describeReceiver(receiver: AlertReceiver): object {
  const { id, type, on, declaredAt } = receiver;
  return { id, type, url: displayUrl(receiver), on, declaredAt };
}

function printTables(
  io: CliIo,
  problems: readonly ConfigProblem[],
  shown: { readonly declarations: Declarations | null; readonly settings: boolean },
): void {
  if (shown.settings) io.out(settingsTable(io));
  const { declarations } = shown;
  if (declarations !== null) {
    if (shown.settings) io.out('\n');
    const tables = [sourcesTable, listsTable, webhooksTable, alertsTable].map((table) =>
      table(declarations, io.columns),
    );
    io.out(tables.filter((table) => table !== '').join('\n'));
  }
  printProblems(io, problems);
  printWarnings(io, shown.declarations?.warnings ?? []);
  if (problems.length > 0) return;
  for (const source of shown.declarations?.sources ?? []) noteMissingFile(io, source);
  io.out(summaryOf(shown.declarations));
}

function summaryOf(declarations: Declarations | null): string {
  const { sources = [], lists = [], webhooks = [], alerts = [], warnings = [] } = declarations ?? {};
  const optional: readonly (readonly [readonly unknown[], string])[] = [
    [lists, 'remote list'],
    [webhooks, 'webhook'],
    [alerts, 'alert receiver'],
  ];
  const counts = optional.filter(([items]) => items.length > 0).map(([items, noun]) => counted(items.length, noun));
  const faults = warnings.length === 0 ? 'no errors' : `no errors, ${counted(warnings.length, 'warning')}`;
  const isEmpty = sources.length + lists.length + webhooks.length + alerts.length === 0;
  return `${isEmpty ? '' : '\n'}${[counted(sources.length, 'source'), ...counts, faults].join(', ')}.\n`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Not an error, since the file may appear later; but it may be a typing error. */
function noteMissingFile(io: CliIo, source: Source): void {
  if (!source.url.startsWith('file:') || existsSync(fileURLToPath(source.url))) return;
  io.err(
    `${source.declaredAt}: the file ${cleanLine(fileURLToPath(source.url))} does not exist; it is read when it appears.\n`,
  );
}

function settingsTable(io: CliIo): string {
  const head = [
    { title: 'VARIABLE' },
    { title: 'VALUE', canShrink: true },
    { title: '' },
    { title: 'MEANING', canShrink: true },
  ];
  const rows = describeSettings(io.env).map((row) => [row.name, row.value, row.isSet ? 'set' : 'default', row.meaning]);
  return formatTable(head, rows, io.columns);
}

function sourcesTable(declarations: Declarations, columns: number | null): string {
  const head = [
    { title: 'ID', canShrink: true },
    { title: 'SECTION' },
    { title: 'INTERVAL' },
    { title: 'URL', canShrink: true },
    { title: 'DECLARED AT' },
  ];
  const rows = declarations.sources.map((source) => [
    source.id,
    source.section,
    source.intervalMs === null ? 'adaptive' : formatMinutes(source.intervalMs),
    displayUrl(source),
    source.declaredAt,
  ]);
  return formatTable(head, rows, columns);
}

function listsTable({ lists }: Declarations, columns: number | null): string {
  const head = [
    { title: 'REMOTE LIST', canShrink: true },
    { title: 'EVERY' },
    { title: 'SECTION', canShrink: true },
    { title: 'DECLARED AT' },
  ];
  const rows = lists.map((list) => [
    displayUrl(list),
    formatDuration(list.everyMs),
    list.section ?? 'of each outline',
    list.declaredAt,
  ]);
  return formatTable(head, rows, columns);
}

function webhooksTable({ webhooks }: Declarations, columns: number | null): string {
  const head = [
    { title: 'WEBHOOK', canShrink: true },
    { title: 'FILTER', canShrink: true },
    { title: 'URL', canShrink: true },
    { title: 'DECLARED AT' },
  ];
  const rows = webhooks.map((hook) => [hook.id, describeFilter(hook.filter), displayUrl(hook), hook.declaredAt]);
  return formatTable(head, rows, columns);
}

function alertsTable({ alerts }: Declarations, columns: number | null): string {
  const head = [
    { title: 'ALERTS TO', canShrink: true },
    { title: 'TYPE' },
    { title: 'ON', canShrink: true },
    { title: 'URL', canShrink: true },
    { title: 'DECLARED AT' },
  ];
  const rows = alerts.map((receiver) => {
    const on = receiver.on.length === alertKinds.length ? 'all' : receiver.on.join(', ');
    return [receiver.id, receiver.type, on, displayUrl(receiver), receiver.declaredAt];
  });
  return formatTable(head, rows, columns);
}

function describeFilter({ q, backfill, ...lists }: Filter): string {
  const parts = [
    ...Object.entries(lists).flatMap(([name, values]) => (values.length === 0 ? [] : [`${name} ${values.join(', ')}`])),
    ...(q === null ? [] : [`q ${q}`]),
    ...(backfill ? ['backfill'] : []),
  ];
  return parts.join('; ') || 'everything';
}

function formatMinutes(ms: number): string {
  const minutes = ms / minuteMs;
  return minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`;
}
