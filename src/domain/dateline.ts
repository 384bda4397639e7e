/** Formats an instant (epoch milliseconds) as the site writes its dates. */
export type Dateline = (ms: number) => string;

/**
 * A formatter of datelines. Also runs in the browser, so that a page and its script write the same.
 *
 * @param pattern of dd, MM, yy, yyyy, HH and mm; every other character is copied.
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
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const values = new Map([
      ['dd', parts.get('day')],
      ['MM', parts.get('month')],
      ['yyyy', parts.get('year')?.padStart(4, '0')],
      ['yy', parts.get('year')?.slice(-2)],
      ['HH', parts.get('hour')],
      ['mm', parts.get('minute')],
    ]);
    return pattern.replace(/dd|MM|yyyy|yy|HH|mm/g, (token) => values.get(token) ?? token);
  };
}
