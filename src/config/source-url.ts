import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const maxUrlChars = 2048;

/** A source's address, made ready for the fetcher. */
export type SourceUrl =
  | {
      readonly kind: 'usable';
      /** Without user name, password and fragment. */
      readonly url: string;
      /** Value of an Authorization header made of the address's user name and password; null: it has none. */
      readonly authorization: string | null;
      /** What an undeclared id is made of. */
      readonly idText: string;
    }
  | { readonly kind: 'unusable'; readonly what: string; readonly remedy: string };

/** Judges an address as the operator wrote it. `file:` addresses are resolved within `feedsDir`. */
export async function readSourceUrl(text: string, feedsDir: string): Promise<SourceUrl> {
  if (text.length > maxUrlChars) {
    return unusable(`url is longer than ${maxUrlChars} characters`, 'Use the address that the publisher gives out');
  }
  if (/^file:/i.test(text)) return readFileUrl(text.slice('file:'.length), feedsDir);
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return readWebUrl(url);
  if (/^feed:/i.test(text)) {
    return unusable('url is not http, https or file', 'Write https: in place of feed:');
  }
  if (url === null && /^https?:/i.test(text)) {
    return unusable('url is not a valid address', 'Write it as a browser shows it, like https://example.org/rss.xml');
  }
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/]+:\d/.test(text)
    ? unusable('url is not http, https or file', 'Use an http(s) address')
    : unusable('url is not a whole address', 'Put https:// before it, or file: before a file in FEEDS_DIR');
}

function unusable(what: string, remedy: string): SourceUrl {
  return { kind: 'unusable', what, remedy };
}

function readWebUrl(url: URL): SourceUrl {
  const authorization = basicAuthorization(url);
  if (authorization === null) {
    return unusable('url holds a password that is not percent-encoded rightly', 'Write % as %25 in it');
  }
  url.username = '';
  url.password = '';
  // A fragment is never sent: two addresses that differ in it only are one source.
  url.hash = '';
  return {
    kind: 'usable',
    url: url.href,
    authorization: authorization === '' ? null : authorization,
    idText: `${url.host.replace(/^www\./, '')}${url.pathname}${url.search}`,
  };
}

/** RFC 7617 with UTF-8; empty when the address names nobody, null when it cannot be decoded. */
function basicAuthorization(url: URL): string | null {
  if (url.username === '' && url.password === '') return '';
  try {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/**
 * A local feed: a path within FEEDS_DIR, or a whole file URL that points there. One that does not exist yet is fine (it
 * is read when it appears); one that leads out of the folder is not, by `..` or by a symbolic link. The address is that
 * of the folder's real path, so that it does not depend on the link that FEEDS_DIR may be.
 */
async function readFileUrl(rest: string, feedsDir: string): Promise<SourceUrl> {
  const realDir = (await realOrNull(feedsDir)) ?? feedsDir;
  const target = localPath(rest, feedsDir);
  if (target === null) {
    return unusable('url is not the path of a file', 'Write file: and a path within FEEDS_DIR, like file:welcome.xml');
  }
  const inner = [feedsDir, realDir].map((dir) => path.relative(dir, target)).find((relative) => !isOutside(relative));
  const realTarget = inner === undefined ? null : await realOrNull(path.join(realDir, inner));
  if (inner === undefined || (realTarget !== null && isOutside(path.relative(realDir, realTarget)))) {
    return unusable('url leads out of FEEDS_DIR', 'Put the file into FEEDS_DIR, or serve it over http');
  }
  return { kind: 'usable', url: pathToFileURL(path.join(realDir, inner)).href, authorization: null, idText: inner };
}

function localPath(rest: string, feedsDir: string): string | null {
  if (rest === '' || /[?#\0]/.test(rest)) return null;
  try {
    if (rest.startsWith('//')) return fileURLToPath(`file:${rest}`);
    const decoded = decodeURIComponent(rest);
    return decoded.includes('\0') ? null : path.resolve(feedsDir, decoded);
  } catch (error) {
    // Bad percent-encoding, or a file URL with a host.
    if (error instanceof URIError || error instanceof TypeError) return null;
    throw error;
  }
}

function isOutside(relative: string): boolean {
  return relative === '' || relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
}

async function realOrNull(file: string): Promise<string | null> {
  try {
    return await realpath(file);
  } catch {
    // Not there yet, or not ours to see: the fetcher looks again when it reads, and says what is wrong.
    return null;
  }
}
