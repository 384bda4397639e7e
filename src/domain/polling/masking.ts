/** Stands for what is not shown. */
export const mask = '***';

/** What a source's address must not tell: the operator put it there out of the environment. */
export interface HiddenParts {
  /** The address with the mask in place of every secret. */
  readonly url: string;
  /** The secrets as the environment has them, in the order of the address. */
  readonly secrets: readonly string[];
}

interface Masked {
  readonly url: string;
  /** Null: the address may be shown. */
  readonly hidden: HiddenParts | null;
}

/** A source's address as anybody may see it. It is the one that is stored; the true one is known to the fetcher alone. */
export function displayUrl({ url, hidden }: Masked): string {
  return hidden?.url ?? url;
}

/** Whether something in an address is hidden: it cannot be asked. */
export function isMasked(url: string): boolean {
  return url.includes(mask);
}

/** A shorter word stands in texts of its own accord. */
export const minSecretChars = 8;

/** A text without the secrets, in whatever form of percent-encoding they stand in it, escaped for markup or not. */
export function maskText(text: string, hidden: HiddenParts | null): string {
  const pattern = hidden === null ? null : patternOf(hidden);
  return pattern === null ? text : text.replace(pattern, mask);
}

/** A document has thousands of texts, and the forms of a secret cost more than to look for them. */
const patterns = new WeakMap<HiddenParts, RegExp | null>();

function patternOf(hidden: HiddenParts): RegExp | null {
  const known = patterns.get(hidden);
  if (known !== undefined) return known;
  const forms = [...new Set(hidden.secrets.flatMap(formsOf))].filter((form) => form !== '');
  // The longest first: one form may begin another.
  const escaped = forms.sort((a, b) => b.length - a.length).map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const pattern = forms.length === 0 ? null : new RegExp(escaped.join('|'), 'g');
  patterns.set(hidden, pattern);
  return pattern;
}

/** An address that a publisher has named, without the secrets. Its origin stays: the same word there is a name. */
export function maskUrlText(url: string, hidden: HiddenParts | null): string {
  const origin = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(url)?.[0] ?? '';
  return `${origin}${maskText(url.slice(origin.length), hidden)}`;
}

/**
 * The same for an address that is to be asked again.
 *
 * @returns null when `reveal` could not make the same address of it again.
 */
export function maskUrl(url: string, hidden: HiddenParts | null): string | null {
  const concealed = maskUrlText(url, hidden);
  return unmaskUrl(concealed, hidden) === url ? concealed : null;
}

/** The inverse of `concealUrl`, with the secrets of today. */
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
