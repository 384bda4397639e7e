import { addSources, checkFileName, type DeclarationTarget, previewSources } from '../../config/edit/add-sources.ts';
import type { NewSource } from '../../config/edit/insert-sources.ts';
import { readSettings } from '../../config/environment/environment.ts';
import type { OpmlOutline } from '../../config/files/read-opml.ts';
import { type ClassifiedOutline, OutlineClassifier, type OutlineState } from '../../config/lists/classify-outlines.ts';
import { readDeclarations } from '../../config/read-declarations.ts';
import type { Declarations } from '../../domain/polling/source.ts';
import { slug } from '../../domain/slug.ts';
import { createAddressGuard, refusalOf } from '../../fetch/client/address-guard.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { readOpmlInput } from '../inspect/read-opml-input.ts';
import { formatTable } from '../output/format-table.ts';
import { printJson } from '../output/print.ts';
import { showProgress } from '../output/progress.ts';
import { cutToWidth } from '../output/text-width.ts';
import { type CliIo, exitCodes } from '../shared/io.ts';
import { existingSpelling } from './add-command.ts';

export interface ImportOptions {
  /** The section of all sources; absent: the headings of the outlines. */
  readonly section?: string;
  /** A file of FEEDS_DIR. */
  readonly file: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/**
 * `newswire import FILE|URL`: declares the feeds of an OPML document as sources, and reports every outline that is declared
 * already, repeated or unusable. The feeds are not requested. Exit code 1 when no outline names a usable feed.
 */
export async function importSources(io: CliIo, input: string, options: ImportOptions): Promise<number> {
  checkFileName(options.file);
  const settings = readSettings(io.env);
  const { feedsDir } = settings;
  const before = await readDeclarations(feedsDir, io.env);
  const outlines = await readOpmlInput(io, input);
  const guard = createAddressGuard({
    allow: settings.allowPrivateNetworksForAll,
    configuredHosts: { networks: settings.allowPrivateNetworks, includes: () => true },
    ownOrigins: settings.publicUrl === null ? [] : [new URL(settings.publicUrl).origin],
  });
  const declared = new Map(before.sources.map(({ url, declaredAt }) => [url, declaredAt]));
  const classifier = new OutlineClassifier({
    declaredAt: (url) => declared.get(url) ?? null,
    refusal: (url) => refusalOf(guard, url),
  });
  const classified = await classifyAll(io, outlines, classifier);
  const sources = newSources(classified, before, options.section ?? null);
  await write({ feedsDir, env: io.env, file: options.file }, sources, options.dryRun ?? false);
  print(io, { classified, sources }, options);
  return classified.every(({ state }) => state === 'unusable') ? exitCodes.failed : exitCodes.done;
}

async function classifyAll(
  io: CliIo,
  outlines: readonly OpmlOutline[],
  classifier: OutlineClassifier,
): Promise<readonly ClassifiedOutline[]> {
  const progress = showProgress(io.errTerminal, outlines.length, 'checked');
  const classified: ClassifiedOutline[] = [];
  try {
    for (const outline of outlines) {
      classified.push(await classifier.classify(outline));
      progress.step();
    }
  } finally {
    progress.end();
  }
  return classified;
}

/** The new sources, those of one section together. */
function newSources(
  classified: readonly ClassifiedOutline[],
  before: Declarations,
  section: string | null,
): readonly NewSource[] {
  const sources = classified.flatMap(({ outline, state, url }): NewSource[] => {
    if (state !== 'new' || url === null) return [];
    const name = section ?? outline.section;
    // Some readers export the URL as the title.
    const title = outline.title === outline.url || outline.title === url ? null : outline.title;
    return [{ url, title, section: name === null ? null : existingSpelling(before, name) }];
  });
  return [...Map.groupBy(sources, (source) => slug(source.section ?? '')).values()].flat();
}

async function write(place: DeclarationTarget, sources: readonly NewSource[], isDryRun: boolean): Promise<void> {
  if (sources.length === 0) return;
  await (isDryRun ? previewSources(place, sources) : addSources(place, sources));
}

const minNoteColumns = 20;

const stateNames: Readonly<Record<OutlineState, string>> = {
  new: 'new',
  known: 'known',
  repeated: 'twice',
  unusable: 'unusable',
};

interface ImportResult {
  readonly classified: readonly ClassifiedOutline[];
  readonly sources: readonly NewSource[];
}

function print(io: CliIo, { classified, sources }: ImportResult, options: ImportOptions): void {
  const count = (state: OutlineState): number => classified.filter((one) => one.state === state).length;
  const counts = { new: count('new'), known: count('known'), repeated: count('repeated'), unusable: count('unusable') };
  const dryRun = options.dryRun ?? false;
  const sectionOf = new Map(sources.map(({ url, section }) => [url, section]));
  if (options.json) {
    const outlines = classified.map(({ outline, state, url, reason }) => ({
      ...{ state, line: outline.line, title: outline.title, url: url ?? withoutCredentials(outline.url) },
      section: url === null ? null : (sectionOf.get(url) ?? null),
      reason,
    }));
    printJson(io, { dryRun, file: options.file, counts, outlines });
    return;
  }
  const head = [
    { title: 'OUTLINE' },
    { title: 'LINE', align: 'right' },
    { title: 'TITLE', canShrink: true },
    { title: 'URL', canShrink: true },
    { title: 'NOTE' },
  ] as const;
  // The reason matters most: title and URL are cut first.
  const noteColumns = Math.max(minNoteColumns, Math.floor((io.columns ?? Number.POSITIVE_INFINITY) / 2));
  const rows = classified.map(({ outline, state, url, reason }) => [
    stateNames[state],
    String(outline.line),
    outline.title ?? '',
    url ?? withoutCredentials(outline.url),
    cutToWidth(cleanLine(reason ?? noteOnNew(sectionOf.get(url ?? '') ?? null)), noteColumns),
  ]);
  io.out(formatTable(head, rows, io.columns));
  io.out(
    `${rows.length === 0 ? '' : '\n'}${counts.new} new, ${counts.known} known, ${counts.repeated} twice in the document, ` +
      `${counts.unusable} unusable.\n${outcomeOf(counts.new, options)}`,
  );
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@\s]*@/g, '//…@');
}

function noteOnNew(section: string | null): string {
  return section === null ? 'in the first section' : `in ${section}`;
}

function outcomeOf(added: number, { file, dryRun }: ImportOptions): string {
  if (added === 0) return 'Nothing was added.\n';
  if (dryRun) return `Nothing was written. Without --dry-run they are added to ${file}.\n`;
  return `Added to ${file}. A running server loads it within two seconds.\n`;
}
