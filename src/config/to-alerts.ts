import { type AlertReceiver, type AlertType, alertKinds } from '../domain/alerts/alert.ts';
import { assertNever } from '../domain/assert-never.ts';
import { type HiddenParts, mask } from '../domain/masking.ts';
import { slug } from '../domain/slug.ts';
import type { AlertEntry } from './files/file-declarations.ts';
import { type ProblemList, quote } from './problems/problem-list.ts';
import { type AlertFields, alertSchema } from './schema/alert-schema.ts';
import { helpAt } from './schema/setting-help.ts';

const maxIdChars = 80;

type Key = keyof AlertFields;

/** The settings that only some types have, and those that they require. */
const typeKeys: Readonly<Record<AlertType, { readonly required: readonly Key[]; readonly optional: readonly Key[] }>> =
  {
    json: { required: ['secret'], optional: [] },
    ntfy: { required: [], optional: ['token'] },
    slack: { required: [], optional: [] },
    discord: { required: [], optional: [] },
    matrix: { required: ['token'], optional: [] },
    email: { required: ['from', 'to'], optional: ['user', 'password'] },
  };
const specificKeys: readonly Key[] = ['secret', 'token', 'from', 'to', 'user', 'password'];

/** The form of each type's address. */
const urlForms: Readonly<Record<AlertType, { readonly accepts: (url: URL) => boolean; readonly words: string }>> = {
  json: { accepts: isHttp, words: 'https://example.org/hooks/alerts' },
  ntfy: { accepts: (url) => isHttp(url) && /^\/[\w-]{1,64}$/.test(url.pathname), words: 'https://ntfy.sh/TOPIC' },
  slack: { accepts: isHttp, words: 'https://hooks.slack.com/services/…' },
  discord: { accepts: isHttp, words: 'https://discord.com/api/webhooks/…' },
  matrix: {
    accepts: (url) => isHttp(url) && /\/_matrix\/client\/[^/]+\/rooms\/[^/]+$/.test(url.pathname),
    words: 'https://matrix.example.org/_matrix/client/v3/rooms/!ROOM:example.org',
  },
  email: {
    accepts: ({ protocol, pathname }) => /^smtps?:$/.test(protocol) && /^\/?$/.test(pathname),
    words: 'smtp://mail.example.org:587 (STARTTLS) or smtps://mail.example.org (TLS)',
  },
};

/** The receivers of alerts of all files. Settings that do not fit the type and equal ids are added to `problems`. */
export function toAlerts(entries: readonly AlertEntry[], problems: ProblemList): readonly AlertReceiver[] {
  const taken = new Map<string, string>();
  return entries.flatMap((entry) => {
    const receiver = toReceiver(entry, problems);
    const id = receiver?.id ?? idOf(entry.fields);
    const first = taken.get(id);
    if (first !== undefined) {
      const what = `the alert receiver's id ${quote(id)} is already used at ${first}`;
      problems.add({ where: entry.where, what, remedy: 'Give each receiver a unique id' });
    }
    taken.set(id, entry.where);
    return receiver ?? [];
  });
}

function toReceiver(entry: AlertEntry, problems: ProblemList): AlertReceiver | null {
  const { fields, where } = entry;
  const type = fields.type ?? 'json';
  if (!checkKeys(entry, type, problems) || !checkUrl(entry, type, problems)) return null;
  const base = { id: idOf(fields), url: fields.url, hidden: hiddenParts(entry, type), declaredAt: where };
  const common = { ...base, on: [...new Set(fields.on ?? alertKinds)] };
  switch (type) {
    case 'json':
      return { ...common, type, secrets: fields.secret ?? [] };
    case 'ntfy':
      return { ...common, type, token: fields.token ?? null };
    case 'slack':
    case 'discord':
      return { ...common, type };
    case 'matrix':
      return { ...common, type, token: fields.token ?? '' };
    case 'email':
      return { ...common, type, from: fields.from ?? '', to: fields.to ?? [], login: loginOf(fields) };
    default:
      return assertNever(type);
  }
}

function loginOf({ user, password }: AlertFields): { readonly user: string; readonly password: string } | null {
  return typeof user === 'string' && typeof password === 'string' ? { user, password } : null;
}

function checkKeys({ fields, positionOf, where }: AlertEntry, type: AlertType, problems: ProblemList): boolean {
  const { required, optional } = typeKeys[type];
  const isGiven = (key: Key): boolean => fields[key] !== undefined && fields[key] !== null;
  const remedyOf = (key: Key): string => helpAt(alertSchema, [key])?.remedy ?? 'Write text';
  const missing = required.filter((key) => !isGiven(key));
  for (const key of missing) {
    problems.add({ where, what: `${key} is missing, which type ${type} requires`, remedy: remedyOf(key) });
  }
  const unused = specificKeys.filter((key) => isGiven(key) && ![...required, ...optional].includes(key));
  for (const key of unused) {
    const known = [...required, ...optional];
    const remedy = known.length === 0 ? 'Remove it' : `Remove it; ${type} has ${known.join(', ')}`;
    problems.add({ where: positionOf(key), what: `${key} is not a setting of type ${type}`, remedy });
  }
  const isHalf = isGiven('user') !== isGiven('password');
  if (isHalf && type === 'email') {
    problems.add({ where, what: 'user and password are not both given', remedy: 'Write both, or remove both' });
  }
  return missing.length + unused.length === 0 && !(isHalf && type === 'email');
}

function checkUrl({ fields, rawUrl, positionOf }: AlertEntry, type: AlertType, problems: ProblemList): boolean {
  const url = new URL(fields.url);
  const { accepts, words } = urlForms[type];
  const isPlain = url.username === '' && url.password === '' && url.hash === '';
  if (isPlain && accepts(url)) return true;
  const what = isPlain
    ? `url is not an address of type ${type}: ${quote(rawUrl)}`
    : 'url contains a user name, a password or a fragment';
  problems.add({ where: positionOf('url'), what, remedy: `Write an address such as ${words}` });
  return false;
}

function isHttp({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}

/** The path of a chat's webhook is a password, whether or not it comes from the environment. */
function hiddenParts({ fields, urlReferences }: AlertEntry, type: AlertType): HiddenParts | null {
  const isSecretPath = type === 'slack' || type === 'discord';
  if (!isSecretPath && urlReferences.secrets.length === 0) return null;
  const { origin, protocol, host, pathname, search } = new URL(fields.url);
  const rest = `${pathname}${search}`.slice(1);
  const secrets = [rest, ...urlReferences.secrets].filter((part) => part !== '');
  return { url: `${origin === 'null' ? `${protocol}//${host}` : origin}/${mask}`, secrets };
}

function idOf({ id, type, url }: AlertFields): string {
  if (typeof id === 'string') return id;
  return [...slug(`${type ?? 'json'} ${new URL(url).host}`)].slice(0, maxIdChars).join('').replace(/-+$/, '');
}
