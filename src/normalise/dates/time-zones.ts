/** UTC offsets in hours of the zone names that feeds use. An ambiguous name has the meaning that occurs in feeds. */
const hoursByName: Readonly<Record<string, number>> = {
  z: 0,
  ut: 0,
  utc: 0,
  gmt: 0,
  wet: 0,
  west: 1,
  bst: 1,
  cet: 1,
  cest: 2,
  met: 1,
  mest: 2,
  mez: 1,
  mesz: 2,
  eet: 2,
  eest: 3,
  msk: 3,
  msd: 4,
  trt: 3,
  sast: 2,
  cat: 2,
  eat: 3,
  wat: 1,
  nst: -3.5,
  ndt: -2.5,
  ast: -4,
  adt: -3,
  at: -4,
  est: -5,
  edt: -4,
  et: -5,
  cst: -6,
  cdt: -5,
  ct: -6,
  mst: -7,
  mdt: -6,
  mt: -7,
  pst: -8,
  pdt: -7,
  pt: -8,
  akst: -9,
  akdt: -8,
  hst: -10,
  brt: -3,
  art: -3,
  clt: -4,
  ist: 5.5,
  pkt: 5,
  npt: 5.75,
  wib: 7,
  wita: 8,
  wit: 9,
  ict: 7,
  pht: 8,
  hkt: 8,
  sgt: 8,
  jst: 9,
  kst: 9,
  awst: 8,
  acst: 9.5,
  acdt: 10.5,
  aest: 10,
  aedt: 11,
  nzst: 12,
  nzdt: 13,
};

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
  const known = Object.hasOwn(hoursByName, name) ? hoursByName[name] : undefined;
  if (known !== undefined) return known * 60;
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
