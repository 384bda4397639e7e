/**
 * Waits until `look` returns something other than null or undefined. It is called every few milliseconds.
 *
 * For effects of real processes, where there is no event to wait for. The deadline is generous: it only decides how long
 * a failing test takes.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined> | T | null | undefined,
  deadlineMs = 30_000,
): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() - startedAt > deadlineMs) throw new Error(`not seen within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
