import type { OpmlOutline } from '../files/read-opml.ts';
import { readSourceUrl } from '../source-url.ts';

/** What becomes of an outline: it is new, declared already, repeated in the same document, or cannot be a source. */
export type OutlineState = 'new' | 'known' | 'repeated' | 'unusable';

/** An outline with its state. */
export interface ClassifiedOutline {
  readonly outline: OpmlOutline;
  readonly state: OutlineState;
  /** Its valid URL; null: it is unusable. */
  readonly url: string | null;
  /** Where it is declared or repeated, or why it is unusable; null: it is new. */
  readonly reason: string | null;
}

/** What outlines are compared with. */
export interface OutlineRules {
  /** Where a URL is declared; null: nowhere. */
  declaredAt(url: string): string | null;
  /** Why the address guard refuses a URL without looking up its host; null: it does not. */
  refusal(url: string): string | null;
}

/** Classifies the outlines of one document, in their order. */
export class OutlineClassifier {
  readonly #rules: OutlineRules;
  readonly #lines = new Map<string, number>();

  constructor(rules: OutlineRules) {
    this.#rules = rules;
  }

  /** Classifies the next outline. */
  async classify(outline: OpmlOutline): Promise<ClassifiedOutline> {
    const unusable = (reason: string) => ({ outline, state: 'unusable', url: null, reason }) as const;
    if (outline.unusable !== null) return unusable(outline.unusable);
    const address = await readListedUrl(outline.url);
    if (address.kind === 'unusable') return unusable(address.reason);
    const { url } = address;
    const refusal = this.#rules.refusal(url);
    if (refusal !== null) return unusable(`is refused: ${refusal}`);
    const line = this.#lines.get(url);
    if (line !== undefined) return { outline, state: 'repeated', url, reason: `as on line ${line}` };
    this.#lines.set(url, outline.line);
    const place = this.#rules.declaredAt(url);
    return place === null
      ? { outline, state: 'new', url, reason: null }
      : { outline, state: 'known', url, reason: `declared at ${place}` };
  }
}

/** A URL of an outline that a third party wrote, or why it cannot be a source. */
type ListedUrl =
  | { readonly kind: 'usable'; readonly url: string }
  | { readonly kind: 'unusable'; readonly reason: string };

/**
 * Validates the URL of an outline. Stricter than for a URL that the operator writes: no local files, and no user name or
 * password, which would have to be stored.
 */
async function readListedUrl(text: string): Promise<ListedUrl> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https' && !/^[^/]+:\d/.test(text)) {
    return unusable(`is not http or https: ${scheme.slice(0, 20)}:`);
  }
  const address = await readSourceUrl(text, '');
  if (address.kind === 'unusable') return unusable(`has an invalid URL: ${address.what}`);
  if (address.authorization !== null) return unusable('has a user name or password in its URL');
  return { kind: 'usable', url: address.url };
}

function unusable(reason: string): ListedUrl {
  return { kind: 'unusable', reason };
}
