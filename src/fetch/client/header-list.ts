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
