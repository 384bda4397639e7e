export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const units = [
  ['d', dayMs],
  ['h', hourMs],
  ['min', minuteMs],
  ['s', secondMs],
] as const;

/** A duration for display, in at most two units: `15 min`, `1 h 30 min`, `1 d`. */
export function formatDuration(ms: number): string {
  const largest = units.findIndex(([, size]) => Math.round(ms / secondMs) * secondMs >= size);
  const first = units[largest];
  if (first === undefined) return '0 s';
  const second = units[largest + 1];
  if (second === undefined) return `${Math.round(ms / secondMs)} s`;
  const total = Math.round(ms / second[1]) * second[1];
  const whole = Math.floor(total / first[1]);
  const rest = Math.round((total - whole * first[1]) / second[1]);
  return rest === 0 ? `${whole} ${first[0]}` : `${whole} ${first[0]} ${rest} ${second[0]}`;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: secondMs, m: minuteMs, h: hourMs, d: dayMs };

/** Parses `15m`, `1h`, `90s` or `1.5h` to milliseconds; null otherwise, also for a number without a unit. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|h|d)$/.exec(text.trim());
  const unit = unitMs[match?.[2] ?? ''];
  return match?.[1] === undefined || unit === undefined ? null : Math.round(Number(match[1]) * unit);
}
