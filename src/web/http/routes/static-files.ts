import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Context, Hono } from 'hono';
import { notFound } from '../../shared/request-error.ts';
import { CompressibleBody, send } from '../response/send.ts';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The files that pages load. They are kept in memory. */
export interface StaticFiles {
  /** Changes with any file. It is part of every file's URL, so that a script and its imports are of one version. */
  readonly version: string;
  readonly byPath: ReadonlyMap<string, CompressibleBody>;
}

/** Reads the built folder once. A folder that does not exist has no files. */
export function loadStaticFiles(folder: string): StaticFiles {
  const byPath = new Map<string, CompressibleBody>();
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  for (const name of names.toSorted()) {
    if (!(path.extname(name) in types)) continue;
    byPath.set(
      name.split(path.sep).join('/'),
      new CompressibleBody(readFileSync(path.join(folder, name)), { level: 'best' }),
    );
  }
  const hash = createHash('sha256');
  for (const [name, file] of byPath) hash.update(`${name} ${file.tag}\n`);
  return { version: hash.digest('base64url').slice(0, 12), byPath };
}

/** Serves `/public/:version/…`, and the icon at the paths that browsers request. */
export function staticRoutes(app: Hono, files: StaticFiles): void {
  app.get('/public/:version/:file{.+}', (c) => {
    const isCurrent = c.req.param('version') === files.version;
    return sendFile(c, files.byPath.get(c.req.param('file')), isCurrent);
  });
  const feedStyle = files.byPath.get('assets/feed.css');
  app.get('/feed.css', (c) => {
    // A browser displays a feed in a sandbox with an opaque origin: our stylesheet is cross-origin there.
    c.header('Cross-Origin-Resource-Policy', 'cross-origin');
    return sendFile(c, feedStyle, false);
  });
  const icon = files.byPath.get('assets/favicon.svg');
  app.get('/favicon.svg', (c) => sendFile(c, icon, false, 'image/svg+xml'));
  app.get('/favicon.ico', (c) => sendFile(c, icon, false, 'image/svg+xml'));
}

function sendFile(
  c: Context,
  file: CompressibleBody | undefined,
  immutable: boolean,
  type?: string,
): Promise<Response> {
  if (file === undefined) throw notFound();
  return send(c, file, {
    contentType: type ?? types[path.extname(c.req.path)] ?? 'application/octet-stream',
    // A page from before an upgrade requests another version. It gets the current file, which must not be cached for long.
    cacheControl: immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
}
