import path from 'node:path';
import ipaddr from 'ipaddr.js';

/** One value read out of a text, or what is wrong with it. `what` follows the variable's name: `PORT: is not …`. */
export type ParsedValue<T> = { readonly value: T } | { readonly what: string; readonly remedy: string };

const maxPort = 65_535;
const minTokenChars = 16;

/** Splits `a, b,,c` into its parts, without empty ones. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A whole number within bounds, in plain digits. */
export function readWholeNumber(
  text: string,
  bounds: { readonly min: number; readonly max: number },
): ParsedValue<number> {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return { value };
  return { what: `is not a whole number from ${bounds.min} to ${bounds.max}`, remedy: 'Give a number in plain digits' };
}

/** A TCP port; 0 lets the system pick one. */
export function readPort(text: string): ParsedValue<number> {
  return readWholeNumber(text, { min: 0, max: maxPort });
}

/** A name or address to listen on. Brackets around an IPv6 address are taken off: `listen` wants it bare. */
export function readHost(text: string): ParsedValue<string> {
  const inBrackets = /^\[(.*)\]$/.exec(text)?.[1];
  if (ipaddr.IPv6.isValid(inBrackets ?? text)) return { value: inBrackets ?? text };
  if (/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(text)) return { value: text };
  return {
    what: 'is not a host name or an IP address',
    remedy: 'Give the address to listen on, like 127.0.0.1 or 0.0.0.0; the port stands in PORT',
  };
}

/** An absolute http(s) address without a trailing slash, fit to stand before a path. */
export function readBaseUrl(text: string): ParsedValue<string> {
  const url = URL.parse(text);
  const remedy = 'Give the address that readers use, like https://news.example.org';
  if (url === null || !isWeb(url)) return { what: 'is not an http or https address', remedy };
  if (url.username !== '' || url.password !== '') return { what: 'holds a user name or a password', remedy };
  if (url.search !== '' || url.hash !== '') return { what: 'has a query or a fragment', remedy };
  return { value: url.href.replace(/\/+$/, '') };
}

/** A page or a mailbox where an administrator of a polled site can reach us. */
export function readContactUrl(text: string): ParsedValue<string> {
  const url = URL.parse(text);
  if (url !== null && (isWeb(url) || url.protocol === 'mailto:')) return { value: url.href };
  return {
    what: 'is not an http, https or mailto address',
    remedy: 'Give a page or a mailbox, like https://news.example.org/about or mailto:news@example.org',
  };
}

/** The hub of somebody else. */
export function readHubUrl(text: string): ParsedValue<string> {
  const url = URL.parse(text);
  if (url !== null && isWeb(url) && url.username === '' && url.password === '' && url.hash === '') {
    return { value: url.href };
  }
  return { what: 'is not the http or https address of a hub', remedy: 'Give it like https://hub.example.org/' };
}

/** Comma-separated CIDRs; a bare address stands for itself alone. */
export function readCidrs(text: string): ParsedValue<readonly string[]> {
  const ranges: string[] = [];
  for (const part of splitList(text)) {
    const range = readCidr(part);
    if (range === null) {
      return {
        what: `holds something that is not a network: ${JSON.stringify(part)}`,
        remedy: 'Give comma-separated CIDRs, like 10.0.0.0/8,fd00::/8',
      };
    }
    ranges.push(range);
  }
  return { value: ranges };
}

/** Exact origins, `*`, or null for the same host only. */
export function readOrigins(text: string): ParsedValue<readonly string[] | '*'> {
  const parts = splitList(text);
  if (parts.includes('*')) {
    return parts.length === 1
      ? { value: '*' }
      : { what: 'mixes * with origins', remedy: 'Give either * alone or a list of origins' };
  }
  const origins: string[] = [];
  for (const part of parts) {
    const url = URL.parse(part);
    // An origin has nothing behind the port: a path here would look like a restriction and be none.
    if (url === null || !isWeb(url) || url.href !== `${url.origin}/`) {
      return {
        what: `holds something that is not an origin: ${JSON.stringify(part)}`,
        remedy: 'Give scheme, host and port only, like https://www.example.org',
      };
    }
    origins.push(url.origin);
  }
  return { value: origins };
}

/** A secret that can travel in a header and cannot be guessed. The text itself is never part of a message. */
export function readToken(text: string): ParsedValue<string> {
  const remedy = 'Use the output of "openssl rand -hex 32"';
  if (!/^[\x21-\x7e]+$/.test(text)) {
    const what = 'holds a space or a character that cannot stand in a header';
    return { what, remedy: `Use printable ASCII without spaces, for example the output of "openssl rand -hex 32"` };
  }
  if (text.length < minTokenChars)
    return { what: `is shorter than ${minTokenChars} characters and could be guessed`, remedy };
  return { value: text };
}

/** A comma-separated choice out of a closed set, each at most once. */
export function readChoices<T extends string>(text: string, choices: readonly T[]): ParsedValue<ReadonlySet<T>> {
  const chosen = new Set<T>();
  for (const part of splitList(text)) {
    const choice = choices.find((candidate) => candidate === part.toLowerCase());
    if (choice === undefined) {
      return { what: `does not know ${JSON.stringify(part)}`, remedy: `Use ${choices.join(', ')}` };
    }
    chosen.add(choice);
  }
  if (chosen.size > 0) return { value: chosen };
  return { what: 'names nothing', remedy: `Use ${choices.join(', ')}` };
}

/** A folder's path, made absolute against the working folder. */
export function readFolder(text: string): ParsedValue<string> {
  if (text.includes('\0')) return { what: 'holds a NUL character', remedy: 'Give the path of a folder' };
  return { value: path.resolve(text) };
}

function isWeb(url: URL): boolean {
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '';
}

function readCidr(text: string): string | null {
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text)) return text;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return `${text}/32`;
  return ipaddr.IPv6.isValid(text) ? `${text}/128` : null;
}
