import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const maxUrlChars = 2048;

/** A validated source URL, ready for the fetcher. */
export type SourceUrl =
  | {
      readonly kind: 'usable';
      /** Without user name, password and fragment. */
      readonly url: string;
      /** The Authorization header for the URL's user name and password; null: it has none. */
      readonly authorization: string | null;
      /** The text from which an undeclared id is derived. */
      readonly idText: string;
    }
  | { readonly kind: 'unusable'; readonly what: string; readonly remedy: string };

/** Validates a declared URL. `file:` URLs are resolved inside `feedsDir`. */
export async function readSourceUrl(text: string, feedsDir: string): Promise<SourceUrl> {
  if (text.length > maxUrlChars) {
    return unusable(`url is longer than ${maxUrlChars} characters`, 'Use the URL that the publisher advertises');
  }
  if (/^file:/i.test(text)) return readFileUrl(text.slice('file:'.length), feedsDir);
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return readWebUrl(url);
  if (/^feed:/i.test(text)) {
    return unusable('url is not http, https or file', 'Write https: instead of feed:');
  }
  if (url === null && /^https?:/i.test(text)) {
    return unusable('url is not a valid URL', 'Write it as a browser shows it, such as https://example.org/rss.xml');
  }
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && !/^[^/]+:\d/.test(text)
    ? unusable('url is not http, https or file', 'Use an http(s) URL')
    : unusable('url has no scheme', 'Put https:// before it, or file: before a path inside FEEDS_DIR');
}

function unusable(what: string, remedy: string): SourceUrl {
  return { kind: 'unusable', what, remedy };
}

function readWebUrl(url: URL): SourceUrl {
  const authorization = basicAuthorization(url);
  if (authorization === null) {
    return unusable('url contains a user name or password with invalid percent-encoding', 'Write % as %25');
  }
  url.username = '';
  url.password = '';
  // Fragments are not sent: two URLs that differ only in the fragment are one source.
  url.hash = '';
  return {
    kind: 'usable',
    url: url.href,
    authorization: authorization === '' ? null : authorization,
    idText: idTextOf(url),
  };
}

/** The text from which the id of a source at a web address is derived. */
export function idTextOf({ host, pathname, search }: URL): string {
  return `${host.replace(/^www\./, '')}${pathname}${search}`;
}

/** Basic credentials (RFC 7617, UTF-8); empty if the URL has none, null if they cannot be decoded. */
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
 * A local file: a path inside FEEDS_DIR, or an absolute file URL that points there. The file need not exist yet. Paths
 * that lead out of the folder, by `..` or a symbolic link, are invalid. The result uses the folder's real path, so that
 * it does not depend on symbolic links in FEEDS_DIR.
 */
async function readFileUrl(rest: string, feedsDir: string): Promise<SourceUrl> {
  const realDir = (await realOrNull(feedsDir)) ?? feedsDir;
  const target = localPath(rest, feedsDir);
  if (target === null) {
    return unusable(
      'url is not the path of a file',
      'Write file: and a path inside FEEDS_DIR, such as file:welcome.xml',
    );
  }
  const inner = [feedsDir, realDir].map((dir) => path.relative(dir, target)).find((relative) => !isOutside(relative));
  const realTarget = inner === undefined ? null : await realOrNull(path.join(realDir, inner));
  if (inner === undefined || (realTarget !== null && isOutside(path.relative(realDir, realTarget)))) {
    return unusable('url leads out of FEEDS_DIR', 'Move the file into FEEDS_DIR, or serve it over http');
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
    // Invalid percent-encoding, or a file URL with a host.
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
    // Missing or inaccessible: the fetcher checks again when it reads the file, and reports the reason.
    return null;
  }
}
