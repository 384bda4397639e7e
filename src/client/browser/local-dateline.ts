import { makeDateline } from '../../domain/dateline.ts';
import { minuteMs } from '../../domain/durations.ts';

/** How the site writes its dates: what a page says of it in its markup. */
export interface DatelineStyle {
  /** Of dd, MM, yy, yyyy, HH, mm. */
  readonly pattern: string;
  /** IANA name. */
  readonly timezone: string;
}

/**
 * A writer of times in the News feed: what is under an hour old is told by its age, everything else as the server
 * tells it.
 */
export function makeRelativeDateline(style: DatelineStyle): (ms: number, nowMs: number) => string {
  const write = makeDateline(style.pattern, style.timezone);
  return (ms, nowMs) => {
    const minutes = Math.floor((nowMs - ms) / minuteMs);
    if (minutes < 0 || minutes >= 60) return write(ms);
    return minutes === 0 ? 'just now' : `${minutes} min ago`;
  };
}
