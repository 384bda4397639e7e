import { dayMs, hourMs, minuteMs, secondMs } from '../../domain/durations.ts';

/** A duration in its largest fitting unit: `40 s`, `5 min`, `3 h`, `12 d`. */
export function formatDuration(ms: number): string {
  if (ms < minuteMs) return `${Math.round(ms / 1000)} s`;
  if (ms < hourMs) return `${Math.round(ms / minuteMs)} min`;
  if (ms < 2 * dayMs) return `${Math.round(ms / hourMs)} h`;
  return `${Math.round(ms / dayMs)} d`;
}

/** A time relative to now: `5 min ago`, `in 3 h`, `now`. */
export function formatRelativeTime(atMs: number, nowMs: number): string {
  const distanceMs = Math.abs(atMs - nowMs);
  if (Math.round(distanceMs / secondMs) === 0) return 'now';
  const span = formatDuration(distanceMs);
  return atMs < nowMs ? `${span} ago` : `in ${span}`;
}
