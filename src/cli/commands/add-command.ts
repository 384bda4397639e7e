import { addSources, checkFileName } from '../../config/edit/add-sources.ts';
import { readFeedsDir } from '../../config/environment/environment.ts';
import { readDeclarations } from '../../config/read-declarations.ts';
import type { Declarations, Source } from '../../domain/polling/source.ts';
import { slug } from '../../domain/slug.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import type { Inspection } from '../inspect/inspect.ts';
import { type InspectOverrides, inspectAddress } from '../inspect/inspect-address.ts';
import { formatInspection, inspectionToJson } from '../inspect/report.ts';
import { readSiteAddress, type SiteAddress } from '../inspect/site-address.ts';
import { printJson } from '../output/print.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { printFeedFailures } from './check-url-command.ts';

export interface AddOptions {
  readonly section?: string;
  /** A file of FEEDS_DIR. */
  readonly file: string;
  readonly json?: boolean;
}

/**
 * `newswire add URL`: declares a feed, or the best feed of a page, after reading it once. A feed that cannot be read, or is
 * already declared, is not added.
 */
export async function add(io: CliIo, text: string, options: AddOptions, own: InspectOverrides = {}): Promise<number> {
  checkFileName(options.file);
  const feedsDir = readFeedsDir(io.env);
  const address = await readSiteAddress(text, feedsDir);
  checkNoCredentials(address);
  const before = await readDeclarations(feedsDir, io.env);
  checkNotDeclared(before, address.url);
  const inspection = await inspectAddress(io, address, own);
  const { feed } = inspection;
  if (feed === null) return printFailure(io, inspection, options);
  const url = feed.movedTo ?? feed.url;
  checkNotDeclared(before, url);
  const written = url === address.url && /^file:/i.test(text.trim()) ? text.trim() : url;
  const section = options.section === undefined ? null : existingSpelling(before, options.section);
  const [source] = await addSources({ feedsDir, env: io.env, file: options.file }, [
    { url: written, title: null, section },
  ]);
  if (source === undefined) throw new Error('no source was declared');
  printAdded(io, { inspection, source, before }, options);
  return exitCodes.done;
}

/** The existing spelling of a section that differs only in case or accents. */
export function existingSpelling({ sections }: Declarations, section: string): string {
  return sections.find((known) => slug(known) === slug(section)) ?? section;
}

/** Declaration files are not secret. */
function checkNoCredentials({ authorization }: SiteAddress): void {
  if (authorization === null) return;
  throw new CommandError(
    'the URL contains a user name or password; declare the source in a file, with headers that use "$' + '{NAME}"',
  );
}

function checkNotDeclared({ sources }: Declarations, url: string): void {
  const found = sources.find((source) => source.url === url);
  if (found === undefined) return;
  throw new CommandError(`${url} is already declared at ${found.declaredAt} as "${found.id}"`);
}

function printFailure(io: CliIo, inspection: Inspection, options: AddOptions): number {
  if (options.json) printJson(io, { added: null, ...inspectionToJson(inspection) });
  else {
    io.out(formatInspection(inspection, io.columns));
    printFeedFailures(io, inspection);
    io.err('newswire: no feed could be read; nothing was added\n');
  }
  return exitCodes.failed;
}

function printAdded(
  io: CliIo,
  { inspection, source, before }: { inspection: Inspection; source: Source; before: Declarations },
  options: AddOptions,
): void {
  const { id, url, section, declaredAt } = source;
  if (options.json) {
    printJson(io, { added: { id, url, section, declaredAt }, ...inspectionToJson(inspection) });
    return;
  }
  io.out(formatInspection(inspection, io.columns));
  printFeedFailures(io, inspection);
  const newSection = before.sections.includes(section) ? '' : ' (new)';
  io.out(
    `\nAdded at ${declaredAt}: ${cleanLine(`"${id}" in section ${section}${newSection}`)}. ` +
      'A running server loads it within two seconds.\n',
  );
}
