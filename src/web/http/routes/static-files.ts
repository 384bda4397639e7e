import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Context, Hono } from 'hono';
import { notFound } from '../../shared/request-error.ts';
import { CompressibleBody } from '../response/compressible-body.ts';
import { send } from '../response/send.ts';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The files that pages load, held in memory. */
export interface StaticFiles {
  /** Changes when any file does. It stands in every file's address, so that a script and its imports always fit. */
  readonly version: string;
  readonly byPath: ReadonlyMap<string, CompressibleBody>;
}

/** Reads the built folder once; a missing one gives no files. */
export function loadStaticFiles(folder: string): StaticFiles {
  const byPath = new Map<string, CompressibleBody>();
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
  for (const name of names.toSorted()) {
    if (!(path.extname(name) in types)) continue;
    byPath.set(name.split(path.sep).join('/'), new CompressibleBody(readFileSync(path.join(folder, name)), 'thorough'));
  }
  const hash = createHash('sha256');
  for (const [name, file] of byPath) hash.update(`${name} ${file.tag}\n`);
  return { version: hash.digest('base64url').slice(0, 12), byPath };
}

/** Serves `/public/:version/…`, and the icon where browsers look for it. */
export function staticRoutes(app: Hono, files: StaticFiles): void {
  app.get('/public/:version/:file{.+}', (c) => {
    const fits = c.req.param('version') === files.version;
    return sendFile(c, files.byPath.get(c.req.param('file')), fits);
  });
  const feedStyle = files.byPath.get('assets/feed.css');
  app.get('/feed.css', (c) => {
    // A feed is shown in a sandbox, whose origin is nobody's: to it our own style comes from elsewhere.
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
    // An address of another version (a page from before an upgrade) gets today's file, and must not keep it for long.
    cacheControl: immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
}
