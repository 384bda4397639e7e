import { createHash } from 'node:crypto';
import { defaultCommentsNotice } from '../domain/comments/comment.ts';
import { dayMs } from '../domain/durations.ts';
import type { HiddenParts } from '../domain/masking.ts';
import type { Declarations, Site, Source } from '../domain/polling/source.ts';
import { slug } from '../domain/slug.ts';
import type { FileDeclarations, SourceEntry } from './files/file-declarations.ts';
import { type ProblemList, quote } from './problems/problem-list.ts';
import type { SiteFields } from './schema/site-schema.ts';
import { defaultItemLimit } from './schema/source-schema.ts';
import { hiddenParts } from './secret-parts.ts';
import { readSourceUrl } from './source-url.ts';
import { toAlerts } from './to-alerts.ts';
import { toWebhooks } from './to-webhooks.ts';

const maxIdChars = 80;
/** Space for the suffix that makes an id unique. */
const suffixChars = 6;
/** The section of a source without one, if no sections are declared. */
const fallbackSection = 'News';

/** Combines the declarations of all files and checks the rules across files. */
export async function toDeclarations(
  parts: readonly FileDeclarations[],
  feedsDir: string,
  problems: ProblemList,
): Promise<Declarations> {
  const sections = new SectionNames(parts.flatMap((part) => part.sections));
  const entries = parts.flatMap((part) => part.sources);
  const resolved = await Promise.all(entries.map(async (entry) => await resolveEntry(entry, feedsDir, problems)));
  const valid = resolved.filter((entry) => entry !== null);
  const ids = assignIds(valid, problems);
  reportDuplicateUrls(valid, problems);
  const sources = valid.map((entry, index) => toSource(entry, ids[index] ?? 'x', sections));
  const hooks = parts.flatMap((part) => part.webhooks);
  const webhooks = await toWebhooks(hooks, feedsDir, problems);
  const alerts = toAlerts(
    parts.flatMap((part) => part.alerts),
    problems,
  );
  return { site: chooseSite(parts, problems), sections: sections.all(), sources, webhooks, alerts };
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
    problems.add({ where, what: `${address.what}: ${quote(entry.rawUrl)}`, remedy: address.remedy });
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
  return entries.map(({ fields, idText, where }) => {
    if (fields.id !== null && fields.id !== undefined) return fields.id;
    const base = [...slug(fields.title ?? idText)]
      .slice(0, maxIdChars - suffixChars)
      .join('')
      .replace(/-+$/, '');
    let id = base;
    for (let number = 2; taken.has(id); number += 1) id = `${base}-${number}`;
    taken.set(id, where);
    return id;
  });
}

function reportDuplicateUrls(entries: readonly ResolvedEntry[], problems: ProblemList): void {
  const positions = new Map<string, string>();
  for (const { url, rawUrl, positionOf } of entries) {
    const first = positions.get(url);
    if (first === undefined) positions.set(url, positionOf('url'));
    else {
      const what = `url is already declared at ${first}: ${quote(rawUrl)}`;
      problems.add({ where: positionOf('url'), what, remedy: 'Remove one of the two' });
    }
  }
}

function toSource(entry: ResolvedEntry, id: string, sections: SectionNames): Source {
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

/** Sections in display order. Names that differ only in case or accents are the same section, as in URLs. */
class SectionNames {
  readonly #names = new Map<string, string>();
  readonly #fallback: string;

  constructor(declared: readonly string[]) {
    for (const name of declared) this.nameFor(name);
    this.#fallback = declared[0] ?? fallbackSection;
  }

  /** The first spelling of a name; a new name is appended. Null: the default section. */
  nameFor(name: string | null): string {
    const section = name ?? this.#fallback;
    const key = slug(section);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    this.#names.set(key, section);
    return section;
  }

  all(): readonly string[] {
    return [...this.#names.values()];
  }
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
