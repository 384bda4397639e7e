import type { HeaderList } from './client/header-list.ts';

export interface Link {
  /** One relation type, lower-case. */
  readonly rel: string;
  /** Absolute. */
  readonly href: string;
}

/** `<target>` and its parameters, up to the comma that ends it: a quoted string may hold commas and semicolons. */
const linkValue = /<([^<>]*)>((?:\s*;\s*[^\s=;,]+\s*(?:=\s*(?:"(?:\\.|[^"\\])*"|[^\s",;]*))?)*)/g;
const parameter = /;\s*([^\s=;,]+)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"|([^\s",;]*)))?/g;

/**
 * The links of the Link headers (RFC 8288), one for each relation type: several headers, lists, unquoted `rel=hub`,
 * `rel="self hub"`. A link about another document (`anchor`) and one that cannot be resolved are left out.
 *
 * @param base the URL that answered.
 */
export function readLinks(headers: HeaderList, base: string, maxLinks: number): readonly Link[] {
  const links: Link[] = [];
  for (const [, target = '', tail = ''] of headers.all('link').join(', ').matchAll(linkValue)) {
    const parameters = readParameters(tail);
    const href = URL.canParse(target.trim(), base) ? new URL(target.trim(), base).href : null;
    if (href === null || parameters.has('anchor')) continue;
    for (const rel of (parameters.get('rel') ?? '').toLowerCase().split(/\s+/)) {
      if (rel !== '' && links.length < maxLinks) links.push({ rel, href });
    }
  }
  return links;
}

function readParameters(tail: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, plain] of tail.matchAll(parameter)) {
    const key = name.toLowerCase();
    // RFC 8288 section 3.3: of several rel parameters the first counts.
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  return parameters;
}
