import { readSourceUrl, type SourceUrl } from '../../config/source-url.ts';
import { ConfigError } from '../../domain/config-error.ts';

/** What somebody typed for the address of a site or a feed, made ready for the fetcher. */
export type SiteAddress = Extract<SourceUrl, { kind: 'usable' }>;

/**
 * Reads an address from the command line, where `https://` may be left out.
 *
 * @throws ConfigError when it is none.
 */
export async function readSiteAddress(text: string, feedsDir: string): Promise<SiteAddress> {
  const address = await readSourceUrl(withScheme(text.trim()), feedsDir);
  if (address.kind === 'usable') return address;
  throw new ConfigError([{ where: 'URL', what: address.what, remedy: address.remedy }]);
}

/** A name with a dot and what may stand behind it: people say `example.org/news`. */
function withScheme(text: string): string {
  return /^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}\.?(?::\d+)?(?:[/?#]|$)/u.test(text)
    ? `https://${text}`
    : text;
}
