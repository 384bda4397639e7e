/** The beginning of a text, at most `maxChars` code points long. A cut falls between words and is marked by "…". */
export function excerpt(text: string, maxChars: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  const points = [...flat.slice(0, maxChars * 2 + 2)];
  if (points.length <= maxChars) return flat;
  const cut = points.slice(0, maxChars).join('');
  const space = cut.lastIndexOf(' ');
  return `${(space > maxChars / 2 ? cut.slice(0, space) : cut).replace(/[\s,;:–-]+$/, '')}…`;
}
