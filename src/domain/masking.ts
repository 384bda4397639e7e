/** Replaces a secret in displayed text. */
export const mask = '***';

/** The secret parts of a source's address, which come from environment variables. */
export interface HiddenParts {
  /** The address with the mask in place of every secret. */
  readonly url: string;
  /** The values of the environment variables, in the order of the address. */
  readonly secrets: readonly string[];
}

interface Masked {
  readonly url: string;
  /** Null: the address contains no secrets. */
  readonly hidden: HiddenParts | null;
}

/** A source's address without secrets, for display and storage. Only the fetcher uses the real one. */
export function displayUrl({ url, hidden }: Masked): string {
  return hidden?.url ?? url;
}

/** Whether an address contains a mask, so that it cannot be requested. */
export function isMasked(url: string): boolean {
  return url.includes(mask);
}

/** Shorter secrets are not masked in documents: they occur in ordinary text by chance. */
export const minSecretChars = 8;

/** Masks secrets in a text, in any percent-encoding and with or without markup escapes. */
export function maskText(text: string, hidden: HiddenParts | null): string {
  const pattern = hidden === null ? null : patternOf(hidden);
  return pattern === null ? text : text.replace(pattern, mask);
}

/** Cached: a document has thousands of texts, and computing the forms of a secret costs more than the search. */
const patterns = new WeakMap<HiddenParts, RegExp | null>();

function patternOf(hidden: HiddenParts): RegExp | null {
  const known = patterns.get(hidden);
  if (known !== undefined) return known;
  const forms = [...new Set(hidden.secrets.flatMap(formsOf))].filter((form) => form !== '');
  // Longest first, since one form may be a prefix of another.
  const escaped = forms.sort((a, b) => b.length - a.length).map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const pattern = forms.length === 0 ? null : new RegExp(escaped.join('|'), 'g');
  patterns.set(hidden, pattern);
  return pattern;
}

/** Masks secrets in an address of a document, except in its origin, where the same word is part of a name. */
export function maskUrlText(url: string, hidden: HiddenParts | null): string {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? '';
  return `${origin}${maskText(url.slice(origin.length), hidden)}`;
}

/**
 * Masks an address that has to be requested later.
 *
 * @returns null if `unmaskUrl` could not restore it.
 */
export function maskUrl(url: string, hidden: HiddenParts | null): string | null {
  const concealed = maskUrlText(url, hidden);
  return unmaskUrl(concealed, hidden) === url ? concealed : null;
}

/** The inverse of `maskUrl`, with the current secrets. */
export function unmaskUrl(url: string, hidden: HiddenParts | null): string {
  if (hidden === null) return url;
  const { secrets } = hidden;
  let place = 0;
  return url.replaceAll(mask, () => {
    const secret = secrets.length === 1 ? secrets[0] : secrets[place];
    place += 1;
    return secret === undefined ? mask : inQuery(secret);
  });
}

function inQuery(secret: string): string {
  return new URL(`http://localhost/?${secret}`).search.slice(1);
}

function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret.toWellFormed());
  const lower = encoded.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase());
  const inPath = new URL(`http://localhost/${secret.replace(/[?#]/g, encodeURIComponent)}`).pathname.slice(1);
  const forms = [secret, inQuery(secret), inPath, encoded, lower, encoded.replaceAll('%20', '+'), decoded(secret)];
  return [...forms, ...forms.map(inMarkup)];
}

function inMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function decoded(secret: string): string {
  try {
    return decodeURIComponent(secret);
  } catch (error) {
    if (error instanceof URIError) return secret;
    throw error;
  }
}
