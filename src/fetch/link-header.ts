import type { HeaderList } from './client/header-list.ts';

export interface Link {
  /** One relation type, lower-case. */
  readonly rel: string;
  /** Absolute. */
  readonly href: string;
}

/** `<target>` and its parameters up to the next comma; a quoted string may contain commas and semicolons. */
const linkValue = /<([^<>]*)>((?:\s*;\s*[^\s=;,]+\s*(?:=\s*(?:"(?:\\.|[^"\\])*"|[^\s",;]*))?)*)/g;
const parameter = /;\s*([^\s=;,]+)\s*(?:=\s*(?:"((?:\\.|[^"\\])*)"|([^\s",;]*)))?/g;

/**
 * Parses Link headers (RFC 8288) into one link for each relation type. Accepts several headers, lists, unquoted
 * `rel=hub` and `rel="self hub"`. Omits links with another context (`anchor`) and targets that cannot be resolved.
 *
 * @param base the URL of the response.
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
