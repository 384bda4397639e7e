/**
 * A language tag in canonical form (RFC 5646 §4.5): `en_gb` -> `en-GB`, `DE` -> `de`.
 *
 * @returns null when the text is no well-formed tag with a language of two or three letters.
 */
export function languageTag(text: string | null): string | null {
  const tag = (text ?? '').trim().replaceAll('_', '-');
  // Intl also accepts registered languages of up to eight letters; publishers write `english` there.
  if (!/^[a-z]{2,3}(-|$)/i.test(tag)) return null;
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
