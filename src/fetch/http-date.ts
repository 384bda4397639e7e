const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';

/** RFC 9110 section 5.6.7: the form of today and the two of old, all of which a recipient must read. */
const forms = [
  new RegExp(`^\\w{3}, (?<day>\\d\\d) (?<month>\\w{3}) (?<year>\\d{4}) ${time} (?:GMT|UTC)$`, 'i'),
  new RegExp(`^\\w{6,9}, (?<day>\\d\\d)-(?<month>\\w{3})-(?<year>\\d\\d) ${time} (?:GMT|UTC)$`, 'i'),
  new RegExp(`^\\w{3} (?<month>\\w{3}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`, 'i'),
];

/**
 * A date of an HTTP header. Strict, where Date.parse would take "5" for a month.
 *
 * @returns epoch milliseconds; null when it is no such date.
 */
export function parseHttpDate(text: string): number | null {
  for (const form of forms) {
    const groups = form.exec(text.trim())?.groups;
    if (groups !== undefined) return toMs(groups);
  }
  return null;
}

function toMs(groups: Readonly<Record<string, string>>): number | null {
  const month = months.indexOf((groups['month'] ?? '').toLowerCase());
  const [day, hour, minute, second] = ['day', 'hour', 'minute', 'second'].map((name) => Number(groups[name]));
  if (month < 0 || day === undefined || hour === undefined) return null;
  const ms = Date.UTC(fullYear(groups['year'] ?? ''), month, day, hour, minute, second);
  // 31 Feb and 25:00 would roll over into a date that nobody wrote.
  const date = new Date(ms);
  return date.getUTCDate() === day && date.getUTCHours() === hour ? ms : null;
}

/** RFC 850 has two digits: up to 2069 they are this century's. */
function fullYear(digits: string): number {
  if (digits.length > 2) return Number(digits);
  return Number(digits) + (Number(digits) < 70 ? 2000 : 1900);
}
