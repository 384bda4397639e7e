import type { FilterError } from './parse-filter.ts';

/**
 * Parses the values of repeated `filter=` parameters, each a filter as JSON: `{"sections":["World"]}`.
 *
 * @returns the objects, not yet validated as filters.
 */
export function parseFilterParams(texts: readonly string[]): readonly object[] | FilterError {
  const filters: object[] = [];
  for (const text of texts) {
    const value = parseJson(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { error: `'filter' must be a JSON object such as {"sections":["World"]}` };
    }
    filters.push(value);
  }
  return filters;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller refuses it like JSON that is not an object.
    return null;
  }
}
