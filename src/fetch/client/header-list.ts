/** Response headers. Names are case-insensitive; values are latin1, so that each character is one received byte. */
export interface HeaderList {
  /** The first value; null if there is none. */
  first(name: string): string | null;
  all(name: string): readonly string[];
}

/** @param headers as undici returns them: lower-case names, and an array for a repeated name. */
export function headerList(headers: Readonly<Record<string, string | readonly string[] | undefined>>): HeaderList {
  const all = (name: string): readonly string[] => {
    // Not `in`: a server may send a header named "constructor".
    const value = Object.hasOwn(headers, name.toLowerCase()) ? headers[name.toLowerCase()] : undefined;
    if (value === undefined) return [];
    return typeof value === 'string' ? [value] : value;
  };
  return { all, first: (name) => all(name)[0] ?? null };
}

/** An empty list. */
export const noHeaders: HeaderList = headerList({});

/** Whether a text is a valid field value: latin1 without control characters, so that it cannot inject another header. */
export function isFieldValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

interface Link {
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
