import { confusableSkeleton } from './confusable-skeleton.ts';

/** Substitutes for Latin letters beyond Unicode's confusables: digits, signs and some letters. */
const lookalikes: Readonly<Record<string, string>> = {
  a: 'аαɑạ4@ᴀ',
  b: 'вьƅʙ',
  c: 'сϲᴄ¢',
  d: 'ԁɗᴅ',
  e: 'еεєɛ3ᴇ€',
  g: 'ɡԍɢ9',
  h: 'һнʜ',
  i: 'іιıɪl1|!ӏḷłƚ',
  j: 'јϳᴊ',
  k: 'кκᴋ',
  m: 'мᴍ',
  n: 'ոηпɴ',
  o: 'оοσօ0øᴏ',
  p: 'рρᴘ',
  q: 'ԛզ',
  r: 'гʀг',
  s: 'ѕꜱ5$',
  t: 'тτᴛ7',
  u: 'υսᴜµ',
  v: 'νѵᴠ',
  w: 'ԝωшᴡ',
  x: 'хχ×',
  y: 'уγүʏ',
  z: 'ᴢ2',
};

const letterOf = new Map(
  Object.entries(lookalikes).flatMap(([letter, signs]) => [...signs].map((sign) => [sign, letter] as const)),
);

/**
 * The confusable skeleton of a name, without combining marks, and with digits and signs replaced by the letters that
 * they imitate. Letters that resemble no Latin letter stay.
 */
export function nameSkeleton(text: string): string {
  const plain = confusableSkeleton(text).replace(/\p{M}+/gu, '');
  return [...plain]
    .map((sign) => letterOf.get(sign) ?? sign)
    .join('')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w');
}

/** Names of staff roles in some languages. */
const staffWords = [
  ...['admin', 'administrator', 'administration', 'moderator', 'moderation', 'editor', 'editorial', 'newsroom'],
  ...['staff', 'support', 'webmaster', 'newswire', 'redaktion', 'redakteur', 'redacción', 'rédaction'],
  ...['администратор', 'админ', 'модератор', 'редактор', 'редакция'],
];
const staff = new Set(staffWords.flatMap((word) => [nameSkeleton(word), nameSkeleton(`${word}s`)]));
const minTitleChars = 4;

/**
 * Whether a name could be mistaken for a member of the site staff: it contains a staff role, or starts with the title of
 * the site. Look-alike letters, separators and trailing digits are ignored.
 */
export function looksLikeStaff(name: string, siteTitle: string): boolean {
  const words = name
    .normalize('NFKC')
    .split(/[^\p{L}\p{N}\p{M}\p{Default_Ignorable_Code_Point}@$|!]+/u)
    .filter((word) => word !== '');
  const whole = words.join('');
  const title = squash(nameSkeleton(siteTitle));
  const prefixes = words.map((_, index) => squash(nameSkeleton(words.slice(0, index + 1).join(''))));
  const forms = [...words, whole].flatMap((word) => [nameSkeleton(word), nameSkeleton(word.replace(/\d+$/, ''))]);
  if (forms.some((form) => staff.has(form))) return true;
  return title.length >= minTitleChars && prefixes.includes(title);
}

function squash(text: string): string {
  return text.replace(/[^\p{L}\p{N}]+/gu, '');
}
