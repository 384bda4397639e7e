import { hourMs } from '../domain/durations.ts';
import type { RemoteList } from '../domain/polling/remote-list.ts';
import type { ListEntry } from './files/file-declarations.ts';
import { nameReferences } from './files/references.ts';
import { type ProblemList, quote } from './problems/problem-list.ts';
import { hiddenParts } from './secret-parts.ts';
import { readSourceUrl } from './source-url.ts';

const maxLists = 50;
const defaultEveryMs = hourMs;

/** What the lists of a folder share. */
interface ListDefaults {
  readonly feedsDir: string;
  /** The section of an outline without a heading. */
  readonly fallbackSection: string;
}

/** The remote lists of all files. Errors are added to `problems`; valid lists are returned. */
export async function toRemoteLists(
  entries: readonly ListEntry[],
  defaults: ListDefaults,
  problems: ProblemList,
): Promise<readonly RemoteList[]> {
  const [tooMany] = entries.slice(maxLists);
  if (tooMany !== undefined) {
    const what = `more than ${maxLists} remote lists are declared`;
    problems.add({
      where: tooMany.where,
      what,
      remedy: 'Combine lists, or import some of them with "newswire import"',
    });
  }
  const lists = await Promise.all(entries.slice(0, maxLists).map((entry) => toRemoteList(entry, defaults, problems)));
  const positions = new Map<string, string>();
  return lists.flatMap((list) => {
    if (list === null) return [];
    const first = positions.get(list.key);
    positions.set(list.key, first ?? list.declaredAt);
    if (first === undefined) return list;
    const what = `opml is already declared at ${first}`;
    problems.add({ where: list.declaredAt, what, remedy: 'Remove one of the two' });
    return [];
  });
}

async function toRemoteList(
  entry: ListEntry,
  { feedsDir, fallbackSection }: ListDefaults,
  problems: ProblemList,
): Promise<RemoteList | null> {
  const { fields, rawUrl, urlReferences, where } = entry;
  if (/^file:/i.test(fields.opml)) {
    const remedy = 'Put the file into FEEDS_DIR with a name that ends in .opml: it is read without a declaration';
    problems.add({ where, what: 'opml is a local file', remedy });
    return null;
  }
  const address = await readSourceUrl(fields.opml, feedsDir);
  if (address.kind === 'unusable') {
    const what = `${address.what.replace(/^url/, 'opml')}: ${quote(rawUrl)}`;
    problems.add({ where, what, remedy: 'Write the complete URL, such as https://example.org/feeds.opml' });
    return null;
  }
  const { hidden } = await hiddenParts(address, urlReferences, feedsDir);
  const { authorization } = address;
  return {
    // Without the user name and password: the key is stored.
    key: nameReferences(rawUrl).replace(/\/\/[^/@\s]*@/, '//'),
    url: address.url,
    hidden,
    headers: { ...fields.headers, ...(authorization === null ? {} : { Authorization: authorization }) },
    everyMs: fields.every ?? defaultEveryMs,
    section: fields.section ?? null,
    fallbackSection,
    declaredAt: where,
  };
}
