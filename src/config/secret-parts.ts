import { type HiddenParts, mask, minSecretChars } from '../domain/polling/masking.ts';
import type { MaskedText } from './files/references.ts';
import { readSourceUrl, type SourceUrl } from './source-url.ts';

type Usable = Extract<SourceUrl, { kind: 'usable' }>;

/**
 * What of a source's address is not to be shown, and what an undeclared id is made of without it. A host is no secret,
 * since it is looked up and said in messages: where that comes out of the environment too, nothing is shown but it.
 */
export async function hiddenParts(
  address: Pick<Usable, 'url' | 'idText'>,
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
  // A publisher may repeat a token alone in his links.
  const values = [...url.searchParams.values()].filter(({ length }) => length >= minSecretChars);
  const all = [rest, ...secrets, ...values].filter((text) => text !== '');
  return { hidden: { url: `${url.origin}/${mask}`, secrets: all }, idText };
}
