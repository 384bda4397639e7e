/** Writes an instant as the site writes its dates. */
export type Dateline = (ms: number) => string;

/**
 * A writer of datelines.
 *
 * @param pattern of dd, MM, yy, yyyy, HH, mm; everything else stands for itself.
 * @param timezone IANA name.
 */
export function makeDateline(pattern: string, timezone: string): Dateline {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (ms) => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const values: Readonly<Record<string, string | undefined>> = {
      dd: parts['day'],
      MM: parts['month'],
      yyyy: parts['year']?.padStart(4, '0'),
      yy: parts['year']?.slice(-2),
      HH: parts['hour'],
      mm: parts['minute'],
    };
    return pattern.replace(/dd|MM|yyyy|yy|HH|mm/g, (token) => values[token] ?? token);
  };
}

/** The day in words, as a newspaper's masthead has it: `Monday, 24 November 2025`. */
export function formatDay(ms: number, timezone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  // Put together by hand: whether a comma stands after the weekday differs between versions of the language data.
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  return `${parts['weekday']}, ${parts['day']} ${parts['month']} ${parts['year']}`;
}

/** The hour of a day: `18:00`. */
export function formatHour(ms: number, timezone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return format.format(ms);
}
