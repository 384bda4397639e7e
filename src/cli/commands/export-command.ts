import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { exportYaml } from '../../config/edit/export-yaml.ts';
import { replaceFile } from '../../config/edit/replace-file.ts';
import { databaseFile, readFeedsDir, readSettings } from '../../config/environment/environment.ts';
import { readDeclarationFiles } from '../../config/files/declaration-files.ts';
import { withListedSources } from '../../config/lists/with-listed-sources.ts';
import { interpretFiles, readDeclarations } from '../../config/read-declarations.ts';
import { ConfigError } from '../../domain/config-error.ts';
import { displayUrl } from '../../domain/masking.ts';
import type { ListContent } from '../../domain/polling/remote-list.ts';
import type { SourceReport } from '../../store/sources/source-reports.ts';
import { type OpmlSource, opmlDocument, ownFeedUrl, publicSourceUrl } from '../../web/syndication/render-opml.ts';
import { type CliIo, CommandError, exitCodes } from '../shared/io.ts';
import { withReadOnlyDatabase } from '../shared/open-database.ts';

export interface ExportOptions {
  readonly opml?: boolean;
  readonly yaml?: boolean;
}

/**
 * `newswire export --opml|--yaml [FILE]`: writes the sources as OPML for other readers, or all declarations as one YAML
 * file. Without a file to stdout.
 */
export async function exportSources(io: CliIo, file: string | undefined, options: ExportOptions): Promise<number> {
  const { opml = false, yaml = false } = options;
  if (opml === yaml) {
    const what = opml ? 'two formats are chosen' : 'no format is chosen';
    throw new ConfigError([{ where: 'newswire export', what, remedy: 'Give either --opml or --yaml' }]);
  }
  if (file !== undefined) checkTarget(file, readFeedsDir(io.env));
  const text = await (opml ? opmlText(io) : yamlText(io));
  if (file === undefined) io.out(text);
  else await writeTo(file, text);
  return exitCodes.done;
}

/** A declaration file in FEEDS_DIR would declare every source twice. */
function checkTarget(file: string, feedsDir: string): void {
  const folder = path.dirname(path.resolve(file));
  if (!existsSync(feedsDir) || !existsSync(folder) || realpathSync(folder) !== realpathSync(feedsDir)) return;
  if (!/\.(?:ya?ml|opml)$/i.test(file)) return;
  throw new CommandError(`${file} is in FEEDS_DIR and would declare every source again; write to another folder`);
}

async function writeTo(file: string, text: string): Promise<void> {
  try {
    await replaceFile(file, new TextEncoder().encode(text));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new CommandError(`${file}: cannot write the file (${code})`);
  }
}

async function yamlText(io: CliIo): Promise<string> {
  const feedsDir = readFeedsDir(io.env);
  const files = await readDeclarationFiles(feedsDir);
  return exportYaml(files, await interpretFiles(files, feedsDir, io.env));
}

async function opmlText(io: CliIo): Promise<string> {
  const { feedsDir, publicUrl } = readSettings(io.env);
  const own = await readDeclarations(feedsDir, io.env);
  const { contents, reports } = await readDatabase(io, own.lists.length);
  const { site, sections, sources } = withListedSources(own, contents);
  const known = new Map(reports.map((report) => [report.url, report]));
  const listed = sources.map((source): OpmlSource => {
    const url = displayUrl(source);
    const report = known.get(url);
    // Other readers write the URL too for a feed whose title they do not know.
    const title = source.title ?? report?.title ?? publicSourceUrl(url) ?? source.id;
    return { id: source.id, title, section: source.section, url, siteUrl: report?.siteUrl ?? null };
  });
  const omitted = publicUrl === null ? listed.filter(({ url }) => publicSourceUrl(url) === null) : [];
  if (omitted.length > 0) {
    const ids = omitted.slice(0, 5).map(({ id }) => id);
    io.err(
      `newswire: not exported, because the URL is local or contains a secret: ${ids.join(', ')}` +
        `${omitted.length > ids.length ? ` and ${omitted.length - ids.length} more` : ''}. ` +
        'With PUBLIC_URL set, the feeds of this server are exported instead.\n',
    );
  }
  return opmlDocument({ title: site.title, sections, sources: listed }, (id) =>
    publicUrl === null ? null : ownFeedUrl(publicUrl, id),
  );
}

interface StoredFacts {
  readonly contents: ReadonlyMap<string, ListContent>;
  /** For the titles of feeds. */
  readonly reports: readonly SourceReport[];
}

/** What the server has read of the feeds and the remote lists; nothing without its database. */
async function readDatabase(io: CliIo, lists: number): Promise<StoredFacts> {
  const file = databaseFile(readSettings(io.env).databaseUrl);
  if (file === null || !existsSync(file)) {
    if (lists > 0) io.err('newswire: the sources of remote lists are not exported: there is no database yet.\n');
    return { contents: new Map(), reports: [] };
  }
  const { readSourceReports } = await import('../../store/sources/source-reports.ts');
  const { readRemoteLists } = await import('../../store/sources/remote-lists.ts');
  return await withReadOnlyDatabase(io, async (store) => {
    const states = await readRemoteLists(store.reader);
    return {
      contents: new Map([...states].map(([key, { content }]) => [key, content])),
      reports: await readSourceReports(store.reader),
    };
  });
}
