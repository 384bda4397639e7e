import { makeDateline } from '../../domain/dateline.ts';
import { minuteMs } from '../../domain/durations.ts';

/** The date format of the site, as the page carries it in data attributes. */
export interface DatelineStyle {
  /** dd, MM, yy, yyyy, HH and mm are replaced. */
  readonly pattern: string;
  /** IANA name. */
  readonly timezone: string;
}

/** Creates the function that formats times in lists: the age below one hour, else the date. */
export function makeRelativeDateline(style: DatelineStyle): (ms: number, nowMs: number) => string {
  const formatDate = makeDateline(style.pattern, style.timezone);
  return (ms, nowMs) => {
    const minutes = Math.floor((nowMs - ms) / minuteMs);
    if (minutes < 0 || minutes >= 60) return formatDate(ms);
    return minutes === 0 ? 'just now' : `${minutes} min ago`;
  };
}
