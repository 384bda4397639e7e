import type { NormaliseOptions } from '../items/normalise-task.ts';
import { maskUrlText } from '../masking.ts';
import type { Source } from './source.ts';

/** The settings of a source that decide what is taken from its documents. */
export type NormaliseSettings = Pick<Source, 'hidden' | 'keep' | 'drop' | 'language' | 'limit' | 'trust'>;

/**
 * The options for one document of a source: the only place where settings become options, whether the document was
 * polled, pushed by a WebSub hub or read by the command line.
 *
 * @param about.url the URL that answered. Links are resolved against it and shown, so its secrets are masked.
 * @param about.idsDistrusted whether an earlier document had guids that identify nothing (`PollHistory`).
 * @param about.known content hashes of stored entries, by entry key.
 */
export function normaliseOptions(
  { hidden, keep, drop, language, limit, trust }: NormaliseSettings,
  about: Pick<NormaliseOptions, 'url' | 'nowMs' | 'known'> & { readonly idsDistrusted: boolean },
): NormaliseOptions {
  const { url, nowMs, known, idsDistrusted } = about;
  const ids = trust.ids && !idsDistrusted;
  return { url: maskUrlText(url, hidden), nowMs, limit, keep, drop, language, trust: { ...trust, ids }, known };
}
