import { decodeText } from '../../config/files/decode-text.ts';
import { readOpml } from '../../config/files/read-opml.ts';
import { OutlineClassifier } from '../../config/lists/classify-outlines.ts';
import { maskText, maskUrl } from '../../domain/masking.ts';
import type { ListContent, ListedSource, RemoteList } from '../../domain/polling/remote-list.ts';
import { slug } from '../../domain/slug.ts';

/** Further outlines of a list are ignored: its publisher must not decide how many sources are polled. */
const maxSources = 2000;
/** Outlines in further sections are in the section of those without a heading. */
const maxSections = 50;

/** The sources that a document names, or why it cannot be used. */
export type ListDocument =
  | { readonly kind: 'read'; readonly sources: readonly ListedSource[]; readonly unusable: ListContent['unusable'] }
  | { readonly kind: 'unreadable'; readonly detail: string };

/**
 * Reads the document of a remote list. A document without any usable outline counts as unreadable: it removes no source.
 *
 * @param refusal why the address guard refuses a URL; null: it does not.
 */
export async function readListDocument(
  body: Uint8Array,
  list: RemoteList,
  refusal: (url: string) => string | null,
): Promise<ListDocument> {
  const text = decodeText(body, { xml: true });
  if (text === null) return { kind: 'unreadable', detail: 'the document is not text in its encoding' };
  const document = readOpml(text);
  if (document.kind === 'invalid') return { kind: 'unreadable', detail: document.what.replace('the file', 'it') };
  const classifier = new OutlineClassifier({ declaredAt: () => null, refusal });
  const sources: ListedSource[] = [];
  const sections = new Set<string>();
  const faults: string[] = [];
  for (const outline of document.outlines) {
    const { state, url, reason } = await classifier.classify(outline);
    if (state === 'repeated') continue;
    const at = `(line ${outline.line})`;
    // A URL that would be another one after a restart, because it contains the mask already.
    const stored = url === null ? null : maskUrl(url, list.hidden);
    if (stored === null) faults.push(`${at} ${reason ?? 'contains a secret in a form that cannot be masked'}`);
    else if (sources.length >= maxSources) faults.push(`${at} is beyond the limit of ${maxSources} sources`);
    else sources.push(toListedSource(stored, { ...outline, section: within(sections, outline.section) }, list));
  }
  const [first] = faults;
  if (sources.length === 0) return { kind: 'unreadable', detail: 'it names no usable source' };
  const unusable = first === undefined ? null : { count: faults.length, first: maskText(first, list.hidden) };
  return { kind: 'read', sources, unusable };
}

/** The section if it is one of the first of the list; null: another one. */
function within(sections: Set<string>, section: string | null): string | null {
  if (section === null) return null;
  if (sections.size < maxSections) sections.add(slug(section));
  return sections.has(slug(section)) ? section : null;
}

function toListedSource(
  url: string,
  { title, section }: Pick<ListedSource, 'title' | 'section'>,
  { hidden }: RemoteList,
): ListedSource {
  const masked = (text: string | null): string | null => (text === null ? null : maskText(text, hidden));
  return { url, title: masked(title), section: masked(section), missed: 0 };
}
