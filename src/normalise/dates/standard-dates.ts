import { parseTimeOfDay, toEpochMs } from './calendar.ts';
import { zoneOffsetMinutes } from './time-zones.ts';

const months = new Map('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').map((name, at) => [name, at + 1]));
const rfc822 =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?(\d\d?) ([JFMASOND][a-z]{2}) (\d{4}) (\d\d:\d\d(?::\d\d)?) (GMT|UTC|Z|[+-]\d{4})$/;
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:\d\d)$/;

/**
 * Parses a date that conforms to RFC 822 or RFC 3339, as most do. A fast path: the general parsers return the same.
 *
 * @returns epoch milliseconds; null for any other text and for dates that do not exist.
 */
export function parseStandardDate(text: string): number | null {
  const mail = rfc822.exec(text);
  if (mail !== null) {
    const [, day, name = '', year, time = '', zone = ''] = mail;
    return at({ year: Number(year), month: months.get(name) ?? 0, day: Number(day) }, time, zone);
  }
  const [, year, month, day, time, zone] = rfc3339.exec(text) ?? [];
  if (time === undefined || zone === undefined) return null;
  return at({ year: Number(year), month: Number(month), day: Number(day) }, time, zone);
}

function at(day: { year: number; month: number; day: number }, time: string, zone: string): number | null {
  const timeMs = parseTimeOfDay(time, null);
  const offset = zoneOffsetMinutes(zone.toLowerCase());
  return timeMs === null || offset === null ? null : toEpochMs(day, timeMs, offset);
}
