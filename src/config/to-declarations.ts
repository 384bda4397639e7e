import { createHash } from 'node:crypto';
import { defaultCommentsNotice } from '../domain/comments/comment.ts';
import { dayMs } from '../domain/durations.ts';
import type { HiddenParts } from '../domain/masking.ts';
import type { Declarations, Site, Source } from '../domain/polling/source.ts';
import type { FileDeclarations, SourceEntry } from './files/file-declarations.ts';
import { type ProblemList, quote } from './problems/problem-list.ts';
import type { SiteFields } from './schema/site-schema.ts';
import { defaultItemLimit } from './schema/source-schema.ts';
import { hiddenParts } from './secret-parts.ts';
import { SectionNames } from './section-names.ts';
import { SourceIds } from './source-ids.ts';
import { readSourceUrl } from './source-url.ts';
import { toAlerts } from './to-alerts.ts';
import { toRemoteLists } from './to-remote-lists.ts';
import { toWebhooks } from './to-webhooks.ts';

/** Combines the declarations of all files and checks the rules across files. */
export async function toDeclarations(
  parts: readonly FileDeclarations[],
  feedsDir: string,
  problems: ProblemList,
): Promise<Declarations> {
  const sections = new SectionNames(parts.flatMap((part) => part.sections));
  const entries = parts.flatMap((part) => part.sources);
  const resolved = await Promise.all(entries.map(async (entry) => await resolveEntry(entry, feedsDir, problems)));
  const valid = withoutRepeatedUrls(
    resolved.filter((entry) => entry !== null),
    problems,
  );
  const ids = assignIds(valid, problems);
  const sources = valid.map((entry, index) => toSource(entry, ids[index] ?? 'x', sections));
  const lists = await toRemoteLists(
    parts.flatMap((part) => part.lists),
    { feedsDir, fallbackSection: sections.fallback },
    problems,
  );
  const hooks = parts.flatMap((part) => part.webhooks);
  const webhooks = await toWebhooks(hooks, feedsDir, problems);
  const alerts = toAlerts(
    parts.flatMap((part) => part.alerts),
    problems,
  );
  const site = chooseSite(parts, problems);
  return { site, sections: sections.all(), sources, lists, webhooks, alerts, warnings: problems.warnings() };
}

/** An entry with a valid URL. */
interface ResolvedEntry extends SourceEntry {
  readonly url: string;
  readonly hidden: HiddenParts | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly idText: string;
}

async function resolveEntry(
  entry: SourceEntry,
  feedsDir: string,
  problems: ProblemList,
): Promise<ResolvedEntry | null> {
  const address = await readSourceUrl(entry.fields.url, feedsDir);
  const where = entry.positionOf('url');
  if (address.kind === 'unusable') {
    const what = `${address.what}: ${quote(entry.rawUrl)}`;
    if (entry.isOutline) problems.warn({ where, what, remedy: 'Correct or remove the outline' });
    else problems.add({ where, what, remedy: address.remedy });
    return null;
  }
  const headers = { ...entry.fields.headers };
  if (address.authorization !== null) {
    if (Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')) {
      const what = 'url contains credentials, and headers contains Authorization';
      problems.add({ where, what, remedy: 'Remove one of the two' });
    }
    headers['Authorization'] = address.authorization;
  }
  const { hidden, idText } = await hiddenParts(address, entry.urlReferences, feedsDir);
  return { ...entry, url: address.url, hidden, headers, idText };
}

/** Declared ids are used as they are; the others are derived from title or URL, with a number if necessary. */
function assignIds(entries: readonly ResolvedEntry[], problems: ProblemList): readonly string[] {
  const taken = new Map<string, string>();
  for (const { fields, positionOf } of entries) {
    if (fields.id === null || fields.id === undefined) continue;
    const first = taken.get(fields.id);
    if (first !== undefined) {
      const what = `id ${quote(fields.id)} is already used at ${first}`;
      problems.add({ where: positionOf('id'), what, remedy: 'Give each source a unique id' });
    } else taken.set(fields.id, positionOf('id'));
  }
  const ids = new SourceIds(taken.keys());
  return entries.map(({ fields, idText }) => fields.id ?? ids.derive(fields.title ?? idText));
}

/**
 * The entries without those whose URL another one declares. In YAML that is an error. An outline yields to YAML in any
 * file and to an earlier outline, with a warning: exports of other readers name a feed once for each of its folders.
 */
function withoutRepeatedUrls(entries: readonly ResolvedEntry[], problems: ProblemList): readonly ResolvedEntry[] {
  const first = new Map<string, ResolvedEntry>();
  for (const entry of entries) {
    const known = first.get(entry.url);
    if (known === undefined || (known.isOutline && !entry.isOutline)) first.set(entry.url, entry);
  }
  return entries.filter((entry) => {
    const known = first.get(entry.url) ?? entry;
    if (known === entry) return true;
    const where = entry.positionOf('url');
    const place = known.positionOf('url');
    if (entry.isOutline) {
      problems.warn({ where, what: `the outline's url is already declared at ${place}`, remedy: 'Remove the outline' });
      return false;
    }
    const what = `url is already declared at ${place}: ${quote(entry.rawUrl)}`;
    problems.add({ where, what, remedy: 'Remove one of the two' });
    return true;
  });
}

/** The parts of an entry that become a source. */
type SourceParts = Pick<ResolvedEntry, 'fields' | 'url' | 'hidden' | 'headers' | 'where'>;

/** A source with its defaults filled in. */
export function toSource(entry: SourceParts, id: string, sections: SectionNames): Source {
  const { fields } = entry;
  const read = {
    url: entry.url,
    headers: entry.headers,
    limit: fields.limit ?? defaultItemLimit,
    keep: fields.keep ?? null,
    drop: fields.drop ?? null,
    language: fields.language ?? null,
    trust: { dates: fields.trust?.dates ?? true, ids: fields.trust?.ids ?? true },
  };
  return {
    id,
    idDeclared: fields.id !== null && fields.id !== undefined,
    title: fields.title ?? null,
    section: sections.nameFor(fields.section ?? null),
    intervalMs: fields.interval ?? null,
    republish: fields.republish ?? 'full',
    ...read,
    hidden: entry.hidden,
    declarationHash: hashDeclaration(read),
    declaredAt: entry.where,
    listedBy: null,
  };
}

/**
 * A digest of the settings that determine how a document is requested and read. When it changes, stored validators are
 * discarded. Title, section, republish and interval are not included: they do not change what was read.
 */
export function hashDeclaration(
  read: Pick<Source, 'url' | 'headers' | 'limit' | 'keep' | 'drop' | 'language' | 'trust'>,
): string {
  // Sorted, since the order of headers in the file is irrelevant.
  const headers = Object.entries(read.headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const facts = [read.url, headers, read.limit, read.keep, read.drop, read.language, read.trust.dates, read.trust.ids];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function chooseSite(parts: readonly FileDeclarations[], problems: ProblemList): Site {
  const [first, ...others] = parts.flatMap((part) => part.site ?? []);
  for (const other of others) {
    const what = `site is already declared at ${first?.where}`;
    problems.add({ where: other.where, what, remedy: 'Declare site in one file only' });
  }
  return toSite(first?.fields ?? {});
}

/** The settings of the site with defaults filled in. */
export function toSite(fields: SiteFields): Site {
  return {
    title: fields.title ?? 'Newswire',
    timezone: fields.timezone ?? 'UTC',
    dateline: fields.dateline ?? 'dd.MM.yy HH:mm',
    comments: fields.comments ?? 'moderated',
    commentsNotice: fields.commentsNotice ?? defaultCommentsNotice,
    politeness: {
      hostGapMs: fields.politeness?.hostGap ?? 1000,
      hostConcurrency: fields.politeness?.hostConcurrency ?? 1,
      globalPerSecond: fields.politeness?.globalPerSecond ?? 10,
    },
    retention: {
      maxAgeMs: fields.retention?.maxAge ?? 90 * dayMs,
      itemsPerSource: fields.retention?.itemsPerSource ?? 10_000,
    },
  };
}
