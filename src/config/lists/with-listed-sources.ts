import type { ConfigProblem } from '../../domain/config-error.ts';
import { displayUrl, isMasked, unmaskUrl } from '../../domain/masking.ts';
import {
  type ListContent,
  type ListedSource,
  noListContent,
  type RemoteList,
} from '../../domain/polling/remote-list.ts';
import type { Declarations, Source } from '../../domain/polling/source.ts';
import { SectionNames } from '../section-names.ts';
import { SourceIds } from '../source-ids.ts';
import { idTextOf } from '../source-url.ts';
import { toSource } from '../to-declarations.ts';

/**
 * Adds the sources of remote lists to the declarations of the operator. A source that the operator declares, or an earlier
 * list names, is not added again. The ids of the operator's sources do not change.
 *
 * @param contents by the keys of the lists; a list without content has no sources yet.
 */
export function withListedSources(
  declarations: Declarations,
  contents: ReadonlyMap<string, ListContent>,
): Declarations {
  if (declarations.lists.length === 0) return declarations;
  const { lists } = declarations;
  // A list that names itself or another list: lists in a list are not followed.
  const urls = new Set([...declarations.sources.map(({ url }) => url), ...lists.map(({ url }) => url)]);
  const ids = new SourceIds(declarations.sources.map(({ id }) => id));
  const sections = new SectionNames(declarations.sections);
  const sources: Source[] = [];
  const warnings: ConfigProblem[] = [];
  for (const list of lists) {
    const content = contents.get(list.key) ?? noListContent;
    warnings.push(...warningsOf(list, content));
    for (const listed of content.sources) {
      const url = unmaskUrl(listed.url, list.hidden);
      if (urls.has(url)) continue;
      urls.add(url);
      sources.push(toListedSource(list, { ...listed, realUrl: url }, { ids, sections }));
    }
  }
  return {
    ...declarations,
    sections: sections.all(),
    sources: [...declarations.sources, ...sources],
    warnings: [...declarations.warnings, ...warnings],
  };
}

function toListedSource(
  list: RemoteList,
  listed: ListedSource & { readonly realUrl: string },
  names: { readonly ids: SourceIds; readonly sections: SectionNames },
): Source {
  const { url, realUrl, title } = listed;
  const section = list.section ?? listed.section ?? list.fallbackSection;
  const source = toSource(
    {
      fields: { url: realUrl, title, section },
      url: realUrl,
      hidden: list.hidden !== null && isMasked(url) ? { url, secrets: list.hidden.secrets } : null,
      headers: {},
      where: list.declaredAt,
    },
    names.ids.derive(title ?? idTextOf(new URL(url))),
    names.sections,
  );
  return { ...source, listedBy: list.key };
}

function warningsOf(list: RemoteList, { sources, unusable, failure }: ListContent): readonly ConfigProblem[] {
  const where = list.declaredAt;
  const name = `the remote list ${displayUrl(list)}`;
  const warnings: ConfigProblem[] = [];
  if (failure !== null) {
    const kept = sources.length === 0 ? '' : `; its ${sources.length} sources stay`;
    const what = `${name} cannot be read (${failure})${kept}`;
    warnings.push({ where, what, remedy: 'Check its URL. It is read again automatically' });
  }
  if (unusable !== null) {
    const what = `${name} has ${unusable.count} unusable outlines, the first of which ${unusable.first}`;
    warnings.push({ where, what, remedy: 'Ask its publisher to correct them' });
  }
  return warnings;
}
