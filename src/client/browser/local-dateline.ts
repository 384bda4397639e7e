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

/**
 * Shows the age of recent items in lists instead of their date, and keeps it up to date. The date moves to the tooltip.
 * The dateline of an item page does not change.
 */
export function startRelativeTimes(style: DatelineStyle, tickMs: number): void {
  const format = makeRelativeDateline(style);
  const times = [...document.querySelectorAll<HTMLTimeElement>('main :is(.lead, .featured, .item) .meta time')];
  for (const time of times) time.title = time.textContent ?? '';
  const tick = (): void => {
    for (const time of times) {
      const text = format(Date.parse(time.dateTime), Date.now());
      if (time.textContent !== text) time.textContent = text;
    }
  };
  tick();
  setInterval(tick, tickMs);
}
