const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const time = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';

/** RFC 9110 section 5.6.7: the current format and the two obsolete ones, all of which a recipient must accept. */
const forms = [
  new RegExp(`^\\w{3}, (?<day>\\d\\d) (?<month>\\w{3}) (?<year>\\d{4}) ${time} (?:GMT|UTC)$`, 'i'),
  new RegExp(`^\\w{6,9}, (?<day>\\d\\d)-(?<month>\\w{3})-(?<year>\\d\\d) ${time} (?:GMT|UTC)$`, 'i'),
  new RegExp(`^\\w{3} (?<month>\\w{3}) (?<day>[ \\d]\\d) ${time} (?<year>\\d{4})$`, 'i'),
];

/**
 * Parses a date of an HTTP header. Strict: Date.parse would accept "5" as a month.
 *
 * @returns epoch milliseconds; null if it is not an HTTP date.
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
  // Date.UTC rolls invalid dates such as 31 Feb or 25:00 over to other dates.
  const date = new Date(ms);
  return date.getUTCDate() === day && date.getUTCHours() === hour ? ms : null;
}

/** RFC 850 years have two digits: 00 to 69 are 2000 to 2069. */
function fullYear(digits: string): number {
  if (digits.length > 2) return Number(digits);
  return Number(digits) + (Number(digits) < 70 ? 2000 : 1900);
}
