import { type HiddenParts, mask, minSecretChars } from '../domain/masking.ts';
import type { MaskedText } from './files/references.ts';
import { readSourceUrl, type SourceUrl } from './source-url.ts';

type ValidUrl = Extract<SourceUrl, { kind: 'usable' }>;

/**
 * The secret parts of a source's address, and the text for an undeclared id without them. A host is not secret, since
 * it is looked up and appears in messages. If the host itself comes from the environment, everything after it is masked.
 */
export async function hiddenParts(
  address: Pick<ValidUrl, 'url' | 'idText'>,
  { masked, secrets }: MaskedText,
  feedsDir: string,
): Promise<{ readonly hidden: HiddenParts | null; readonly idText: string }> {
  const url = new URL(address.url);
  if (secrets.length === 0 || url.protocol === 'file:') return { hidden: null, idText: address.idText };
  const shown = await readSourceUrl(masked, feedsDir);
  if (shown.kind === 'usable' && new URL(shown.url).origin === url.origin) {
    return { hidden: { url: shown.url, secrets }, idText: shown.idText };
  }
  const idText = url.host.replace(/^www\./, '');
  const rest = `${url.pathname}${url.search}`.slice(1);
  // Publishers may repeat only the token in their links.
  const values = [...url.searchParams.values()].filter(({ length }) => length >= minSecretChars);
  const all = [rest, ...secrets, ...values].filter((text) => text !== '');
  return { hidden: { url: `${url.origin}/${mask}`, secrets: all }, idText };
}
