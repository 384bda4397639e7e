import { addSource, checkFileName } from '../../config/edit/add-source.ts';
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
 * `newswire add URL`: declares a feed, or the best feed of a page, after it was read once. What cannot be read is not
 * declared, nor what is declared already.
 */
export async function add(io: CliIo, text: string, options: AddOptions, own: InspectOverrides = {}): Promise<number> {
  checkFileName(options.file);
  const feedsDir = readFeedsDir(io.env);
  const address = await readSiteAddress(text, feedsDir);
  refuseSecret(address);
  const before = await readDeclarations(feedsDir, io.env);
  refuseDeclared(before, address.url);
  const inspection = await inspectAddress(io, address, own);
  const { feed } = inspection;
  if (feed === null) return refuse(io, inspection, options);
  const url = feed.movedTo ?? feed.url;
  refuseDeclared(before, url);
  const written = url === address.url && /^file:/i.test(text.trim()) ? text.trim() : url;
  const source = await addSource(
    { feedsDir, env: io.env, file: options.file },
    { url: written, section: options.section === undefined ? null : spelling(before, options.section) },
  );
  tell(io, { inspection, source, before }, options);
  return exitCodes.done;
}

/** A section as it is spelt already: one that differs in case or accents only is the same one. */
function spelling({ sections }: Declarations, section: string): string {
  return sections.find((known) => slug(known) === slug(section)) ?? section;
}

/** A file of declarations is read by many, and shown to more. */
function refuseSecret({ authorization }: SiteAddress): void {
  if (authorization === null) return;
  throw new CommandError(
    'the address holds a user name or password; declare the source by hand, with headers and "$' + '{NAME}" in them',
  );
}

function refuseDeclared({ sources }: Declarations, url: string): void {
  const found = sources.find((source) => source.url === url);
  if (found === undefined) return;
  throw new CommandError(`${url} is declared at ${found.declaredAt} already, as "${found.id}"`);
}

function refuse(io: CliIo, inspection: Inspection, options: AddOptions): number {
  if (options.json) printJson(io, { added: null, ...inspectionToJson(inspection) });
  else {
    io.out(formatInspection(inspection, io.columns));
    printFeedFailures(io, inspection);
    io.err('newswire: no feed could be read, so nothing was added\n');
  }
  return exitCodes.failed;
}

function tell(
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
  const newSection = before.sections.includes(section) ? '' : ', which is new';
  io.out(
    `\nAdded at ${declaredAt}: ${cleanLine(`"${id}" in section ${section}${newSection}`)}. ` +
      'A running server reads it within two seconds.\n',
  );
}
