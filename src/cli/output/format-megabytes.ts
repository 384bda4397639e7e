/** A size in megabytes: `0.4 MB`, `12.3 MB`, `1240 MB`. */
export function formatMegabytes(bytes: number): string {
  const megabytes = bytes / 1_000_000;
  return `${megabytes.toFixed(megabytes < 100 ? 1 : 0)} MB`;
}
