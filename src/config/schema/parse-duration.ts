import { dayMs, hourMs, minuteMs } from '../../domain/durations.ts';

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: minuteMs,
  h: hourMs,
  d: dayMs,
};

/** `15m`, `1h`, `90s`, `1.5h` as milliseconds; null for anything else, a bare number too: its unit would be a guess. */
export function parseDuration(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|h|d)$/.exec(text.trim());
  const unit = unitMs[match?.[2] ?? ''];
  return match?.[1] === undefined || unit === undefined ? null : Math.round(Number(match[1]) * unit);
}
