import { minuteMs, secondMs } from '../domain/durations.ts';

/** Measures how late polls start, and lengthens adaptive intervals if the whole schedule is late. */
export interface LatenessMonitor {
  /** Records a start and how long it waited for our own limits, not for those of its host. */
  record(waitedMs: number, atMs: number): void;
  /** Factor on adaptive intervals; 1 if polls start on time. */
  intervalMultiplier(): number;
}

const windowMs = 10 * minuteMs;
const minStarts = 50;
const lateMs = minuteMs;
const onTimeMs = 20 * secondMs;
const growth = 1.25;
const maxMultiplier = 8;

/**
 * Creates a monitor. It evaluates the 95th percentile of the waits of 10 minutes: polling less often is better than
 * polling late, and better than ever more concurrent requests.
 *
 * @param onChange called when the multiplier changes, with the 95th percentile of the waits in milliseconds.
 */
export function createLatenessMonitor(
  onChange: (multiplier: number, p95Ms: number) => void = () => {},
): LatenessMonitor {
  let waits: number[] = [];
  let untilMs: number | null = null;
  let multiplier = 1;

  const evaluate = (): void => {
    if (waits.length < minStarts) return;
    const p95 = waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.95)] ?? 0;
    const before = multiplier;
    if (p95 > lateMs) multiplier = Math.min(multiplier * growth, maxMultiplier);
    else if (p95 < onTimeMs) multiplier = Math.max(multiplier / growth, 1);
    if (multiplier !== before) onChange(multiplier, p95);
  };

  return {
    record(waitedMs, atMs) {
      untilMs ??= atMs + windowMs;
      if (atMs >= untilMs) {
        evaluate();
        waits = [];
        untilMs = atMs + windowMs;
      }
      waits.push(waitedMs);
    },
    intervalMultiplier: () => multiplier,
  };
}
