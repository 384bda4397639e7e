import { readSourceUrl, type SourceUrl } from '../../config/source-url.ts';
import { ConfigError } from '../../domain/config-error.ts';

/** A URL of a site or feed from the command line, ready for the fetcher. */
export type SiteAddress = Extract<SourceUrl, { kind: 'usable' }>;

/**
 * Parses a URL from the command line; `https://` may be omitted.
 *
 * @throws ConfigError when it is invalid.
 */
export async function readSiteAddress(text: string, feedsDir: string): Promise<SiteAddress> {
  const address = await readSourceUrl(withScheme(text.trim()), feedsDir);
  if (address.kind === 'usable') return address;
  throw new ConfigError([{ where: 'URL', what: address.what, remedy: address.remedy }]);
}

/** Accepts `example.org/news`. */
function withScheme(text: string): string {
  return /^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}\.?(?::\d+)?(?:[/?#]|$)/u.test(text)
    ? `https://${text}`
    : text;
}
