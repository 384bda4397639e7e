import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Paths of nginx and its module nchan. */
export interface Nchan {
  readonly nginx: string;
  /** Null: compiled into nginx. */
  readonly module: string | null;
}

/** Why nchan cannot be run. */
export interface NoNchan {
  readonly missing: string;
}

/** The environment in which nginx is searched. */
export interface NchanEnvironment {
  /** Folders of programs, in order of precedence. */
  readonly folders: readonly string[];
  isFile(file: string): boolean;
  /** Output of `nginx -V`. */
  build(nginx: string): string;
}

/** Messages that nchan keeps per channel: as many as the event buffer. */
export const keptMessages = 10_000;

/** `nginx -t` ignores a port in use, but not a privileged port. */
const testedPort = 65_000;
const moduleName = 'ngx_nchan_module.so';
const moduleFolders = [
  '/usr/lib/nginx/modules',
  '/usr/lib64/nginx/modules',
  '/usr/local/lib/nginx/modules',
  '/usr/local/libexec/nginx',
  '/usr/local/nginx/modules',
  '/etc/nginx/modules',
];

/** Finds nginx on the PATH, and nchan in the module folders of nginx and its packages. */
export function findNchan({ folders, isFile, build }: NchanEnvironment = surroundings()): Nchan | NoNchan {
  const nginx = folders.map((folder) => path.join(folder, 'nginx')).find(isFile);
  if (nginx === undefined) return { missing: 'there is no nginx on the PATH' };
  const built = build(nginx);
  if (/--add-module=\S*nchan/.test(built)) return { nginx, module: null };
  const own = /--modules-path=(\S+)/.exec(built)?.[1];
  const module = [...(own === undefined ? [] : [own]), ...moduleFolders]
    .map((folder) => path.join(folder, moduleName))
    .find(isFile);
  return module === undefined ? { missing: `nginx has no ${moduleName}` } : { nginx, module };
}

function surroundings(): NchanEnvironment {
  return {
    // Debian's location is on the PATH of root only.
    folders: [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'],
    isFile: (file) => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false,
    build: (nginx) => spawnSync(nginx, ['-V'], { encoding: 'utf8' }).stderr,
  };
}

/** Finds nchan and lets nginx test the configuration: a module may be built for another nginx. */
export function readyNchan(): Nchan | NoNchan {
  const found = findNchan();
  if ('missing' in found) return found;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-nchan-'));
  try {
    const args = [...configure(found, folder, { port: testedPort, connections: 512 }), '-t'];
    const { status, stderr } = spawnSync(found.nginx, args, { encoding: 'utf8' });
    return status === 0 ? found : { missing: emergencyIn(stderr) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The error of nginx, in one line. */
export function emergencyIn(output: string): string {
  const line = output.split('\n').find((one) => one.includes('[emerg]')) ?? output.split('\n')[0];
  return `nginx says ${line?.replace(/^.*\[emerg\]\s*(\d+#\d+:\s*)?/, '').trim() || 'nothing'}`;
}

/** Writes the configuration into a folder, and returns the arguments that confine nginx to it. */
export function configure(
  { module }: Nchan,
  folder: string,
  bounds: { readonly port: number; readonly connections: number },
): string[] {
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, nchanConfig({ module, ...bounds }));
  return ['-p', `${folder}/`, '-c', file, '-e', path.join(folder, 'error.log')];
}

/**
 * One process, only publishing and subscribing, no request log. Relative names are below nginx's prefix.
 *
 * The largest message fits the buffer, so that none is written to a file.
 */
export function nchanConfig(of: {
  readonly module: string | null;
  readonly port: number;
  readonly connections: number;
}): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'];
  return `${of.module === null ? '' : `load_module "${of.module}";\n`}daemon off;
master_process off;
pid nginx.pid;
error_log error.log warn;
events { worker_connections ${of.connections}; }
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${name};`).join('\n')}
  client_max_body_size 1m;
  client_body_buffer_size 128k;
  client_body_in_single_buffer on;
  keepalive_requests 10000000;
  nchan_shared_memory_size 128m;
  server {
    listen 127.0.0.1:${of.port} backlog=4096;
    location = /publish {
      nchan_publisher http;
      nchan_channel_id live;
      nchan_message_buffer_length ${keptMessages};
      nchan_message_timeout 72h;
    }
    location = /live {
      nchan_subscriber websocket;
      nchan_channel_id live;
      nchan_subscriber_first_message newest;
      nchan_websocket_ping_interval 25;
    }
  }
}
`;
}
