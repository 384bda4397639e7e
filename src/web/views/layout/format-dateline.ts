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
