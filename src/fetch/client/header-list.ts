/** Response headers. Names in any case; values are latin1, so that each character is one byte of the wire. */
export interface HeaderList {
  /** The first value; null when there is none. */
  first(name: string): string | null;
  all(name: string): readonly string[];
}

/** @param headers as undici gives them: lower-case names, a list where a name came more than once. */
export function headerList(headers: Readonly<Record<string, string | readonly string[] | undefined>>): HeaderList {
  const all = (name: string): readonly string[] => {
    // A publisher may send a header called "constructor".
    const value = Object.hasOwn(headers, name.toLowerCase()) ? headers[name.toLowerCase()] : undefined;
    if (value === undefined) return [];
    return typeof value === 'string' ? [value] : value;
  };
  return { all, first: (name) => all(name)[0] ?? null };
}

/** No headers at all. */
export const noHeaders: HeaderList = headerList({});

/** Whether a text may stand in a header as it is: latin1 without control characters, so nothing in it ends the line. */
export function isFieldValue(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}
