import path from 'node:path';
import ipaddr from 'ipaddr.js';
import { readSecretFile } from './secret-file.ts';

/** A parsed value, or why it is invalid. `what` follows the name of the variable: `PORT: is not …`. */
export type ParsedValue<T> = { readonly value: T } | { readonly what: string; readonly remedy: string };

const maxPort = 65_535;
const minTokenChars = 16;

/** Splits a comma-separated list and drops empty parts. */
export function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Parses an integer within bounds. */
export function readWholeNumber(
  text: string,
  bounds: { readonly min: number; readonly max: number },
): ParsedValue<number> {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= bounds.min && value <= bounds.max) return { value };
  return { what: `is not a whole number from ${bounds.min} to ${bounds.max}`, remedy: 'Use decimal digits only' };
}

/** Parses a TCP port; 0 lets the system choose one. */
export function readPort(text: string): ParsedValue<number> {
  return readWholeNumber(text, { min: 0, max: maxPort });
}

/** Parses a host name or address to listen on. Removes the brackets of an IPv6 address, as `listen` requires. */
export function readHost(text: string): ParsedValue<string> {
  const inBrackets = /^\[(.*)\]$/.exec(text)?.[1];
  if (ipaddr.IPv6.isValid(inBrackets ?? text)) return { value: inBrackets ?? text };
  if (/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(text)) return { value: text };
  return {
    what: 'is not a host name or an IP address',
    remedy: 'Use the address to listen on, such as 127.0.0.1 or 0.0.0.0, and set the port with PORT',
  };
}

/** Parses an absolute http(s) URL; removes trailing slashes, so that a path can be appended. */
export function readBaseUrl(text: string): ParsedValue<string> {
  const url = URL.parse(text);
  const remedy = 'Use the URL that readers use, such as https://news.example.org';
  if (url === null || !isWeb(url)) return { what: 'is not an http or https URL', remedy };
  if (url.username !== '' || url.password !== '') return { what: 'contains a user name or a password', remedy };
  if (url.search !== '' || url.hash !== '') return { what: 'has a query or a fragment', remedy };
  return { value: url.href.replace(/\/+$/, '') };
}

/** Parses the URL of a page or a mailbox where publishers can reach the operator. */
export function readContactUrl(text: string): ParsedValue<string> {
  const url = URL.parse(text);
  if (url !== null && (isWeb(url) || url.protocol === 'mailto:')) return { value: url.href };
  return {
    what: 'is not an http, https or mailto URL',
    remedy: 'Use the URL of a page or a mailbox, such as https://news.example.org/about or mailto:news@example.org',
  };
}

/** Parses the URL of an external WebSub hub. */
export function readHubUrl(text: string): ParsedValue<string> {
  const url = URL.parse(text);
  if (url !== null && isWeb(url) && url.username === '' && url.password === '' && url.hash === '') {
    return { value: url.href };
  }
  return { what: 'is not the http or https URL of a hub', remedy: 'Use a URL such as https://hub.example.org/' };
}

/** Parses comma-separated CIDRs; an address without a prefix length is a single address. */
export function readCidrs(text: string): ParsedValue<readonly string[]> {
  const ranges: string[] = [];
  for (const part of splitList(text)) {
    const range = readCidr(part);
    if (range === null) {
      return {
        what: `contains an invalid network: ${JSON.stringify(part)}`,
        remedy: 'Use comma-separated CIDRs, such as 10.0.0.0/8,fd00::/8',
      };
    }
    ranges.push(range);
  }
  return { value: ranges };
}

/** Parses comma-separated origins, or `*`. */
export function readOrigins(text: string): ParsedValue<readonly string[] | '*'> {
  const parts = splitList(text);
  if (parts.includes('*')) {
    return parts.length === 1
      ? { value: '*' }
      : { what: 'mixes * with origins', remedy: 'Use either * alone or a list of origins' };
  }
  const origins: string[] = [];
  for (const part of parts) {
    const url = URL.parse(part);
    // An origin has no path: a path here would look like a restriction but have no effect.
    if (url === null || !isWeb(url) || url.href !== `${url.origin}/`) {
      return {
        what: `contains an invalid origin: ${JSON.stringify(part)}`,
        remedy: 'Use scheme, host and port only, such as https://www.example.org',
      };
    }
    origins.push(url.origin);
  }
  return { value: origins };
}

/** Parses a secret token: safe in a header and long enough. Messages never contain the text. */
export function readToken(text: string): ParsedValue<string> {
  const remedy = 'Use the output of "openssl rand -hex 32"';
  if (!/^[\x21-\x7e]+$/.test(text)) {
    const what = 'contains a space or a character that is invalid in a header';
    return { what, remedy: `Use printable ASCII without spaces, for example the output of "openssl rand -hex 32"` };
  }
  if (text.length < minTokenChars) return { what: `is shorter than ${minTokenChars} characters`, remedy };
  return { value: text };
}

/** Reads a secret token from the file that a variable names. Messages never contain the token. */
export function readTokenFile(file: string): ParsedValue<string> {
  const found = readSecretFile(file);
  if (!('value' in found)) return found;
  const token = readToken(found.value.trim());
  return 'value' in token ? token : { what: `the token in the file ${token.what}`, remedy: token.remedy };
}

/** Parses one word of a closed set; case does not matter. */
export function readChoice<T extends string>(text: string, choices: readonly T[]): ParsedValue<T> {
  const choice = choices.find((candidate) => candidate === text.toLowerCase());
  if (choice !== undefined) return { value: choice };
  return { what: `is none of ${choices.join(', ')}: ${JSON.stringify(text)}`, remedy: 'Use one of these words' };
}

/** Parses a comma-separated subset of a closed set. */
export function readChoices<T extends string>(text: string, choices: readonly T[]): ParsedValue<ReadonlySet<T>> {
  const chosen = new Set<T>();
  for (const part of splitList(text)) {
    const choice = choices.find((candidate) => candidate === part.toLowerCase());
    if (choice === undefined) {
      return { what: `contains an unknown value: ${JSON.stringify(part)}`, remedy: `Use ${choices.join(', ')}` };
    }
    chosen.add(choice);
  }
  if (chosen.size > 0) return { value: chosen };
  return { what: 'contains no value', remedy: `Use ${choices.join(', ')}` };
}

/** Parses a path and resolves it against the working directory. */
export function readFolder(text: string): ParsedValue<string> {
  if (text.includes('\0')) return { what: 'contains a NUL character', remedy: 'Use the path of a folder' };
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
