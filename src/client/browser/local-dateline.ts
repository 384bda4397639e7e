/** How the site writes its dates: what a page says of it in its markup. */
export interface DatelineStyle {
  /** Of dd, MM, yy, yyyy, HH, mm. */
  readonly pattern: string;
  /** IANA name. */
  readonly timezone: string;
}

const minuteMs = 60_000;

/**
 * A writer of times in the News feed: what is under an hour old is told by its age, everything else as the server
 * tells it.
 */
export function makeRelativeDateline(style: DatelineStyle): (ms: number, nowMs: number) => string {
  const write = makeDateWriter(style);
  return (ms, nowMs) => {
    const minutes = Math.floor((nowMs - ms) / minuteMs);
    if (minutes < 0 || minutes >= 60) return write(ms);
    return minutes === 0 ? 'just now' : `${minutes} min ago`;
  };
}

/** The same as the server's own dateline; a test holds the two together. */
export function makeDateWriter({ pattern, timezone }: DatelineStyle): (ms: number) => string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const names = { dd: 'day', MM: 'month', yyyy: 'year', yy: 'year', HH: 'hour', mm: 'minute' } as const;
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    return pattern.replace(/dd|MM|yyyy|yy|HH|mm/g, (token) => {
      const value = parts.get(names[token as keyof typeof names]) ?? token;
      return token === 'yy' ? value.slice(-2) : value;
    });
  };
}
