import { existsSync } from 'node:fs';
import { databaseFile, type Settings } from '../../config/environment/environment.ts';
import type { Declarations } from '../../domain/polling/source.ts';
import { serversOf } from '../../fetch/client/address-guard.ts';
import { createResolver } from '../../fetch/client/resolver.ts';
import { createFetcher, type Fetcher } from '../../fetch/fetch-source.ts';
import { defaultHeaders, userAgent } from '../../fetch/request-headers.ts';
import { systemClock } from '../../runtime/clock.ts';
import { version } from '../../runtime/version.ts';
import { createDocumentProcessor } from '../../server/stages/document-processor.ts';
import { checkDatabase } from '../doctor/check-database.ts';
import { checkNode, checkOpenFiles } from '../doctor/check-machine.ts';
import { checkClock, checkNames } from '../doctor/check-network.ts';
import { checkServer } from '../doctor/check-server.ts';
import { checkDeclarations, checkEnvironment } from '../doctor/check-settings.ts';
import { checkSources } from '../doctor/check-sources.ts';
import { type Finding, runCheck } from '../doctor/finding.ts';
import { formatFindings, summarise } from '../doctor/format-findings.ts';
import { printJson } from '../output/print.ts';
import { type CliIo, exitCodes } from '../shared/io.ts';
import { isServerPolling, withReadOnlyDatabase } from '../shared/open-database.ts';

export interface DoctorOptions {
  /** Also reads each source once. */
  readonly sources?: boolean;
  readonly json?: boolean;
}

/**
 * `newswire doctor`: checks machine, configuration, database, network and the running server, and changes nothing.
 *
 * @returns 0: all is well; 1: there are warnings; 2: there are errors.
 */
export async function doctor(io: CliIo, options: DoctorOptions): Promise<number> {
  const findings = await findAll(io, options);
  const status = worstOf(findings);
  if (options.json) printJson(io, { status, version, findings });
  else io.out(`${formatFindings(findings, io.columns)}\n${summarise(findings)}\n`);
  return { ok: exitCodes.done, warning: exitCodes.failed, error: exitCodes.badUsage }[status];
}

function worstOf(findings: readonly Finding[]): Finding['status'] {
  const has = (status: Finding['status']): boolean => findings.some((finding) => finding.status === status);
  if (has('error')) return 'error';
  return has('warning') ? 'warning' : 'ok';
}

async function findAll(io: CliIo, options: DoctorOptions): Promise<readonly Finding[]> {
  const { value: settings, findings: environment } = checkEnvironment(io.env);
  const { value: declarations, findings: feeds } = await checkDeclarations(io.env);
  const findings = [...checkNode(), ...checkOpenFiles(), ...environment, ...feeds];
  if (settings === null) return findings;
  findings.push(...(await runCheck('database', () => checkDatabase(settings.databaseUrl))));
  findings.push(...(await runCheck('server', () => checkRunningServer(io, settings))));
  if (declarations !== null) findings.push(...(await checkOutside(io, { settings, declarations }, options)));
  return findings;
}

async function checkRunningServer(io: CliIo, settings: Settings): Promise<readonly Finding[]> {
  const file = databaseFile(settings.databaseUrl);
  const exists = file === null || existsSync(file);
  return await checkServer({
    ...{ settings, clock: systemClock },
    isPolling: exists && (await isServerPolling(io)),
    secret: exists ? await readSigningSecret(io) : null,
  });
}

/** Null: it cannot be read, which another check reports. */
async function readSigningSecret(io: CliIo): Promise<string | null> {
  const { readSetting } = await import('../../store/stored-settings.ts');
  const { readersSecretName } = await import('../../server/reader-repositories.ts');
  try {
    return await withReadOnlyDatabase(io, (store) => readSetting(store.reader, readersSecretName));
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

interface Configuration {
  readonly settings: Settings;
  readonly declarations: Declarations;
}

/** Name servers, the clock of publishers and, on request, the sources. */
async function checkOutside(
  io: CliIo,
  { settings, declarations }: Configuration,
  options: DoctorOptions,
): Promise<readonly Finding[]> {
  const clock = systemClock;
  const agent = userAgent(version, settings.contactUrl ?? settings.publicUrl);
  const fetcher = openFetcher({ settings, declarations }, agent);
  const network = {
    ...{ clock, client: fetcher.client, headers: defaultHeaders(agent) },
    resolve: createResolver({ clock }),
  };
  try {
    return [
      ...(await runCheck('dns', () => checkNames(declarations, network))),
      ...(await runCheck('clock', () => checkClock(declarations, network))),
      ...(options.sources ? await runCheck('sources', () => readSources(io, declarations, fetcher)) : []),
    ];
  } finally {
    await fetcher.close();
  }
}

async function readSources(io: CliIo, declarations: Declarations, fetcher: Fetcher): Promise<readonly Finding[]> {
  const processor = createDocumentProcessor({ workers: 1 });
  try {
    return await checkSources(declarations, { fetcher, processor, clock: systemClock, terminal: io.errTerminal });
  } finally {
    await processor.close();
  }
}

/** The fetcher of the server. */
function openFetcher({ settings, declarations }: Configuration, agent: string): Fetcher {
  return createFetcher({
    clock: systemClock,
    userAgent: agent,
    feedsDir: settings.feedsDir,
    allowPrivateNetworks: settings.allowPrivateNetworksForAll,
    configuredHosts: {
      networks: settings.allowPrivateNetworks,
      includes: serversOf(declarations.sources.map(({ url }) => url)),
    },
    ownOrigins: settings.publicUrl === null ? [] : [new URL(settings.publicUrl).origin],
  });
}
