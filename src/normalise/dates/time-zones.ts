/** UTC offsets in hours of the zone names that feeds use. An ambiguous name has the meaning that occurs in feeds. */
const namesByHours: readonly (readonly [number, string])[] = [
  [-10, 'hst'],
  [-9, 'akst'],
  [-8, 'pst pt akdt'],
  [-7, 'mst mt pdt'],
  [-6, 'cst ct mdt'],
  [-5, 'est et cdt'],
  [-4, 'ast at edt clt'],
  [-3.5, 'nst'],
  [-3, 'adt brt art'],
  [-2.5, 'ndt'],
  [0, 'z ut utc gmt wet'],
  [1, 'west bst cet met mez wat'],
  [2, 'cest mest mesz eet sast cat'],
  [3, 'eest msk trt eat'],
  [4, 'msd'],
  [5, 'pkt'],
  [5.5, 'ist'],
  [5.75, 'npt'],
  [7, 'wib ict'],
  [8, 'wita pht hkt sgt awst'],
  [9, 'wit jst kst'],
  [9.5, 'acst'],
  [10, 'aest'],
  [10.5, 'acdt'],
  [11, 'aedt'],
  [12, 'nzst'],
  [13, 'nzdt'],
];
const hoursByName = new Map(
  namesByHours.flatMap(([hours, names]) => names.split(' ').map((name) => [name, hours] as const)),
);

const numeric = /^(?:(gmt|utc|ut|z|etc\/gmt|etc\/utc) ?)?([+-])(\d{1,2})(?::?(\d{2})|:(\d))?(?: [a-z]{1,5})?$/;

function numericOffset(match: RegExpExecArray): number | null {
  const [, prefix, sign, hourText, minuteText, minuteDigit] = match;
  const hours = Number(hourText);
  const minutes = Number(minuteText ?? minuteDigit ?? 0);
  // Hours are not checked: "+3000" for "+0300" is wrong by a day, which is better than no date.
  if (minutes > 59) return null;
  // Etc/GMT+5 has the sign of POSIX: plus is west of Greenwich.
  const east = (sign === '+') !== (prefix?.startsWith('etc/') ?? false);
  return (east ? 1 : -1) * (hours * 60 + minutes);
}

function namedOffset(name: string): number | null {
  const hours = hoursByName.get(name);
  if (hours !== undefined) return hours * 60;
  // RFC 5322 §4.3: one-letter military zones were used with both signs and count as UTC. So do unknown names.
  return /^[a-z]{1,5}$/.test(name) ? 0 : null;
}

/**
 * The offset of a zone in minutes east of UTC: `+0200`, `-1:30`, `GMT+2`, `EST`, `Etc/GMT`, `Z`.
 *
 * @param text lower case, trimmed; empty means UTC.
 * @returns null if the text is not a zone.
 */
export function zoneOffsetMinutes(text: string): number | null {
  if (text === '') return 0;
  const match = numeric.exec(text);
  return match === null ? namedOffset(text.replace(/^etc\//, '')) : numericOffset(match);
}
