import { createHash } from 'node:crypto';
import { defaultCommentsNotice } from '../domain/comments/comment.ts';
import { dayMs } from '../domain/durations.ts';
import type { HiddenParts } from '../domain/polling/masking.ts';
import type { Declarations, Site, Source } from '../domain/polling/source.ts';
import { slug } from '../domain/slug.ts';
import type { FileDeclarations, SourceEntry } from './files/file-declarations.ts';
import { type ProblemList, quote } from './problems/problem-list.ts';
import { defaultItemLimit, type SiteFields } from './schema/source-schema.ts';
import { hiddenParts } from './secret-parts.ts';
import { readSourceUrl } from './source-url.ts';
import { toWebhooks } from './to-webhooks.ts';

const maxIdChars = 80;
/** Room for the number that keeps two ids apart. */
const numberChars = 6;
/** Where a source goes that names no section, in a FEEDS_DIR that lists none. */
const fallbackSection = 'News';

/** The parts of all files put together: what only holds between them is judged here. */
export async function toDeclarations(
  parts: readonly FileDeclarations[],
  feedsDir: string,
  problems: ProblemList,
): Promise<Declarations> {
  const sections = new SectionNames(parts.flatMap((part) => part.sections));
  const entries = parts.flatMap((part) => part.sources);
  const located = await Promise.all(entries.map(async (entry) => await locate(entry, feedsDir, problems)));
  const usable = located.filter((entry) => entry !== null);
  const ids = chooseIds(usable, problems);
  complainOfSameUrls(usable, problems);
  const sources = usable.map((entry, index) => toSource(entry, ids[index] ?? 'x', sections));
  const hooks = parts.flatMap((part) => part.webhooks);
  const webhooks = await toWebhooks(hooks, feedsDir, problems);
  return { site: chooseSite(parts, problems), sections: sections.all(), sources, webhooks };
}

/** An entry whose address can be fetched. */
interface Located extends SourceEntry {
  readonly url: string;
  readonly hidden: HiddenParts | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly idText: string;
}

async function locate(entry: SourceEntry, feedsDir: string, problems: ProblemList): Promise<Located | null> {
  const address = await readSourceUrl(entry.fields.url, feedsDir);
  const where = entry.positionOf('url');
  if (address.kind === 'unusable') {
    problems.add({ where, what: `${address.what}: ${quote(entry.writtenUrl)}`, remedy: address.remedy });
    return null;
  }
  const headers = { ...entry.fields.headers };
  if (address.authorization !== null) {
    if (Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')) {
      const what = 'url holds a user name or password, and headers an Authorization too';
      problems.add({ where, what, remedy: 'Keep one of the two' });
    }
    headers['Authorization'] = address.authorization;
  }
  const { hidden, idText } = await hiddenParts(address, entry.urlReferences, feedsDir);
  return { ...entry, url: address.url, hidden, headers, idText };
}

/** Declared ids as they are, the others made of title or address and kept apart by a number. */
function chooseIds(entries: readonly Located[], problems: ProblemList): readonly string[] {
  const taken = new Map<string, string>();
  for (const { fields, positionOf } of entries) {
    if (fields.id === null || fields.id === undefined) continue;
    const first = taken.get(fields.id);
    if (first !== undefined) {
      const what = `id ${quote(fields.id)} is taken by ${first}`;
      problems.add({ where: positionOf('id'), what, remedy: 'Give each source an id of its own' });
    } else taken.set(fields.id, positionOf('id'));
  }
  return entries.map(({ fields, idText, where }) => {
    if (fields.id !== null && fields.id !== undefined) return fields.id;
    const wanted = [...slug(fields.title ?? idText)]
      .slice(0, maxIdChars - numberChars)
      .join('')
      .replace(/-+$/, '');
    let id = wanted;
    for (let number = 2; taken.has(id); number += 1) id = `${wanted}-${number}`;
    taken.set(id, where);
    return id;
  });
}

function complainOfSameUrls(entries: readonly Located[], problems: ProblemList): void {
  const places = new Map<string, string>();
  for (const { url, writtenUrl, positionOf } of entries) {
    const first = places.get(url);
    if (first === undefined) places.set(url, positionOf('url'));
    else {
      const what = `url is declared at ${first} already: ${quote(writtenUrl)}`;
      problems.add({ where: positionOf('url'), what, remedy: 'Take one of the two out' });
    }
  }
}

function toSource(entry: Located, id: string, sections: SectionNames): Source {
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
 * A digest of what decides how a document is asked for and read: a change of it makes earlier validators worthless.
 * Title, section, republish and interval are not part of it: they change what is shown or when, not what was read.
 */
export function hashDeclaration(
  read: Pick<Source, 'url' | 'headers' | 'limit' | 'keep' | 'drop' | 'language' | 'trust'>,
): string {
  // Header names are sorted: their order in the file means nothing.
  const headers = Object.entries(read.headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const facts = [read.url, headers, read.limit, read.keep, read.drop, read.language, read.trust.dates, read.trust.ids];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

/** Sections in the order of the tabs; one that differs in case or accents only is the same one, as it is in addresses. */
class SectionNames {
  readonly #names = new Map<string, string>();
  readonly #fallback: string;

  constructor(declared: readonly string[]) {
    for (const name of declared) this.nameFor(name);
    this.#fallback = declared[0] ?? fallbackSection;
  }

  /** The spelling in force; a new name is put at the end. Null: the source named none. */
  nameFor(name: string | null): string {
    const wanted = name ?? this.#fallback;
    const key = slug(wanted);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    this.#names.set(key, wanted);
    return wanted;
  }

  all(): readonly string[] {
    return [...this.#names.values()];
  }
}

function chooseSite(parts: readonly FileDeclarations[], problems: ProblemList): Site {
  const [first, ...others] = parts.flatMap((part) => part.site ?? []);
  for (const other of others) {
    const what = `site stands at ${first?.where} already`;
    problems.add({ where: other.where, what, remedy: 'Keep the settings of the site in one file' });
  }
  return toSite(first?.fields ?? {});
}

/** The site's settings with every default filled in. */
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
      maxAgeMs: fields.retention?.age ?? 90 * dayMs,
      itemsPerSource: fields.retention?.itemsPerSource ?? 10_000,
    },
  };
}
