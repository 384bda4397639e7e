import { minuteMs, secondMs } from '../domain/durations.ts';

/** Whether the whole schedule keeps its times, and by how much adaptive intervals are stretched when it does not. */
export interface LatenessMonitor {
  /** To be called with every start: how long it waited for us, not for its host. */
  record(waitedMs: number, atMs: number): void;
  /** Factor on adaptive intervals, 1 when all is well. */
  intervalMultiplier(): number;
}

const windowMs = 10 * minuteMs;
const leastStarts = 50;
const lateMs = minuteMs;
const punctualMs = 20 * secondMs;
const growth = 1.25;
const mostStretch = 8;

/**
 * A pace that is on time. Looks at the 95th percentile of the waits of 10 minutes at a time: asking less is better than
 * asking late, and better than more and more at once.
 *
 * @param onChange told when the stretch changes, for the operator's alarm.
 */
export function createLatenessMonitor(onChange: (stretch: number, lateMs: number) => void = () => {}): LatenessMonitor {
  let waits: number[] = [];
  let untilMs: number | null = null;
  let stretch = 1;

  const judge = (): void => {
    if (waits.length < leastStarts) return;
    const p95 = waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.95)] ?? 0;
    const before = stretch;
    if (p95 > lateMs) stretch = Math.min(stretch * growth, mostStretch);
    else if (p95 < punctualMs) stretch = Math.max(stretch / growth, 1);
    if (stretch !== before) onChange(stretch, p95);
  };

  return {
    record(waitedMs, atMs) {
      untilMs ??= atMs + windowMs;
      if (atMs >= untilMs) {
        judge();
        waits = [];
        untilMs = atMs + windowMs;
      }
      waits.push(waitedMs);
    },
    intervalMultiplier: () => stretch,
  };
}
