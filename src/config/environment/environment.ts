import path from 'node:path';
import { ConfigError, type ConfigProblem } from '../../domain/config-error.ts';
import {
  type ParsedValue,
  readBaseUrl,
  readChoice,
  readChoices,
  readCidrs,
  readContactUrl,
  readFolder,
  readHost,
  readHubUrl,
  readOrigins,
  readPort,
  readToken,
  readTokenFile,
  readWholeNumber,
} from './environment-values.ts';

/** What a process does: it polls sources, serves readers, or both. */
type Role = 'poll' | 'serve';

type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** How log lines are written: one JSON object each, or text for people. */
export type LogFormat = 'json' | 'pretty';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings from the environment, validated, with defaults filled in. */
export interface Settings {
  readonly host: string;
  /** 0: the system chooses one. */
  readonly port: number;
  /** Without a trailing slash; null: not set, so the listening address is used. */
  readonly publicUrl: string | null;
  /** Absolute path. */
  readonly feedsDir: string;
  readonly databaseUrl: string;
  readonly roles: ReadonlySet<Role>;
  /** Null: the admin pages are disabled. */
  readonly adminToken: string | null;
  /** Null: only this machine can read `/metrics`. */
  readonly metricsToken: string | null;
  /** CIDRs, for configured hosts only. */
  readonly allowPrivateNetworks: readonly string[];
  /** CIDRs, for all hosts. */
  readonly allowPrivateNetworksForAll: readonly string[];
  /** Null: the same host only. */
  readonly allowedOrigins: readonly string[] | '*' | null;
  readonly contactUrl: string | null;
  /** CIDRs. */
  readonly trustedProxies: readonly string[];
  readonly liveMaxPerAddress: number;
  readonly httpMaxPerAddress: number;
  /** The external hub that output feeds advertise; null: the built-in hub. */
  readonly websubHub: string | null;
  readonly logLevel: LogLevel;
  /** Null: pretty on a terminal, else JSON. */
  readonly logFormat: LogFormat | null;
}

/** An environment variable as `check --print-config` prints it. */
export interface SettingRow {
  readonly name: string;
  /** The effective value; `(set)` for a secret, `(from NAME_FILE)` for one that is read from a file. */
  readonly value: string;
  readonly isSet: boolean;
  readonly defaultValue: string;
  readonly meaning: string;
}

interface Variable {
  readonly name: string;
  /** A description if there is no literal default. */
  readonly defaultValue: string;
  readonly meaning: string;
  /** The value is never displayed. */
  readonly secret?: true;
}

const defaults = {
  host: '127.0.0.1',
  port: 3000,
  feedsDir: 'feeds',
  databaseUrl: 'sqlite:db/newswire.sqlite',
  liveMaxPerAddress: 50,
  httpMaxPerAddress: 100,
} as const;
const roles: readonly Role[] = ['poll', 'serve'];
const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const logFormats: readonly LogFormat[] = ['json', 'pretty'];

/** All environment variables, in display order. */
export const environmentVariables: readonly Variable[] = [
  { name: 'HOST', defaultValue: defaults.host, meaning: 'address to listen on' },
  { name: 'PORT', defaultValue: String(defaults.port), meaning: 'port to listen on; 0 chooses a free one' },
  {
    name: 'PUBLIC_URL',
    defaultValue: 'http://HOST:PORT',
    meaning: 'base of every absolute URL in output; WebSub is disabled unless it is set',
  },
  {
    name: 'FEEDS_DIR',
    defaultValue: defaults.feedsDir,
    meaning: 'folder of the declarations; every *.yaml, *.yml and *.opml in it is read and watched',
  },
  {
    name: 'DATABASE_URL',
    defaultValue: defaults.databaseUrl,
    meaning: 'database: sqlite:PATH or postgres://…',
  },
  { name: 'ROLES', defaultValue: roles.join(','), meaning: 'what this process does: poll, serve or both' },
  {
    name: 'ADMIN_TOKEN',
    defaultValue: 'none: admin pages are disabled',
    meaning: 'token to sign in at /admin, at least 16 characters',
    secret: true,
  },
  { name: 'ADMIN_TOKEN_FILE', defaultValue: 'none', meaning: 'file that contains ADMIN_TOKEN' },
  {
    name: 'METRICS_TOKEN',
    defaultValue: 'none: this machine only',
    meaning: 'bearer token for /metrics from other machines, at least 16 characters',
    secret: true,
  },
  { name: 'METRICS_TOKEN_FILE', defaultValue: 'none', meaning: 'file that contains METRICS_TOKEN' },
  {
    name: 'ALLOW_PRIVATE_NETWORKS',
    defaultValue: 'none',
    meaning:
      'comma-separated CIDRs that declared sources, webhooks and receivers of alerts, and WEBSUB_HUB, may use, on any port',
  },
  {
    name: 'ALLOW_PRIVATE_NETWORKS_FOR_ALL',
    defaultValue: 'none',
    meaning: 'the same for all hosts, including those named by documents, redirects and WebSub subscribers',
  },
  {
    name: 'ALLOWED_ORIGINS',
    defaultValue: 'the same host',
    meaning: 'origins whose pages may open /live, comma-separated, or *',
  },
  {
    name: 'CONTACT_URL',
    defaultValue: 'PUBLIC_URL, else none',
    meaning: 'contact for publishers; part of the User-Agent',
  },
  { name: 'TRUSTED_PROXIES', defaultValue: 'none', meaning: 'comma-separated CIDRs whose X-Forwarded-For is trusted' },
  {
    name: 'LIVE_MAX_PER_ADDRESS',
    defaultValue: String(defaults.liveMaxPerAddress),
    meaning: 'live connections per client address (IPv6: per /64); loopback is not limited',
  },
  {
    name: 'HTTP_MAX_PER_ADDRESS',
    defaultValue: String(defaults.httpMaxPerAddress),
    meaning: 'other connections per client address (IPv6: per /64); loopback and trusted proxies are not limited',
  },
  {
    name: 'WEBSUB_HUB',
    defaultValue: 'the built-in hub',
    meaning: 'external WebSub hub that output feeds advertise; it is notified of every change',
  },
  { name: 'LOG_LEVEL', defaultValue: 'info', meaning: logLevels.join(', ') },
  {
    name: 'LOG_FORMAT',
    defaultValue: 'pretty on a terminal, else json',
    meaning: 'json: one JSON object per line; pretty: text for people',
  },
];

/** The environment of this process. Nothing else reads `process.env`. */
export function processEnvironment(): Environment {
  return process.env;
}

/**
 * Reads all variables. An empty one counts as not set.
 *
 * @throws ConfigError with all errors, not only the first.
 */
export function readSettings(env: Environment = processEnvironment()): Settings {
  const problems: ConfigProblem[] = [];
  const read = variableReader(env, problems);
  const publicUrl = read('PUBLIC_URL', readBaseUrl, null);
  const settings: Settings = {
    host: read('HOST', readHost, defaults.host),
    port: read('PORT', readPort, defaults.port),
    publicUrl,
    feedsDir: read('FEEDS_DIR', readFolder, path.resolve(defaults.feedsDir)),
    databaseUrl: read('DATABASE_URL', readDatabaseUrl, defaults.databaseUrl),
    roles: read('ROLES', (text) => readChoices(text, roles), new Set(roles)),
    adminToken: readTokenOf('ADMIN_TOKEN', env, { read, problems }),
    metricsToken: readTokenOf('METRICS_TOKEN', env, { read, problems }),
    allowPrivateNetworks: read('ALLOW_PRIVATE_NETWORKS', readCidrs, []),
    allowPrivateNetworksForAll: read('ALLOW_PRIVATE_NETWORKS_FOR_ALL', readCidrs, []),
    allowedOrigins: read('ALLOWED_ORIGINS', readOrigins, null),
    contactUrl: read('CONTACT_URL', readContactUrl, publicUrl),
    trustedProxies: read('TRUSTED_PROXIES', readCidrs, []),
    liveMaxPerAddress: read('LIVE_MAX_PER_ADDRESS', readMaxPerAddress, defaults.liveMaxPerAddress),
    httpMaxPerAddress: read('HTTP_MAX_PER_ADDRESS', readMaxPerAddress, defaults.httpMaxPerAddress),
    websubHub: read('WEBSUB_HUB', readHubUrl, null),
    logLevel: read<LogLevel>('LOG_LEVEL', (text) => readChoice(text, logLevels), 'info'),
    logFormat: read<LogFormat | null>('LOG_FORMAT', (text) => readChoice(text, logFormats), null),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}

/**
 * Settings for a server whose files are all inside one folder and that may read from this machine. The other settings
 * come from the environment.
 */
export function settingsWithin(folder: string, env: Environment): Settings {
  return readSettings({
    ...env,
    FEEDS_DIR: path.join(folder, 'feeds'),
    DATABASE_URL: `sqlite:${path.join(folder, 'newswire.sqlite')}`,
    ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8',
    ROLES: '',
  });
}

/** FEEDS_DIR, even if other variables are invalid, so that all errors can be reported at once. */
export function readFeedsDir(env: Environment): string {
  return path.resolve(textOf(env, 'FEEDS_DIR') ?? defaults.feedsDir);
}

/** The path of a SQLite database, to check whether it exists; null: another database. */
export function databaseFile(databaseUrl: string): string | null {
  const file = /^sqlite:(?:\/\/)?(.+)$/s.exec(databaseUrl)?.[1];
  return file === undefined ? null : path.resolve(file);
}

/**
 * The table of `check --print-config`. It also works for an invalid environment, since it does not parse the values.
 */
export function describeSettings(env: Environment = processEnvironment()): readonly SettingRow[] {
  return environmentVariables.map((variable) => {
    const text = textOf(env, variable.name);
    return {
      name: variable.name,
      value: text === null ? valueWithoutText(variable, env) : shown(variable, text),
      isSet: text !== null,
      defaultValue: variable.defaultValue,
      meaning: variable.meaning,
    };
  });
}

function valueWithoutText({ name, secret, defaultValue }: Variable, env: Environment): string {
  return secret && textOf(env, `${name}_FILE`) !== null ? `(from ${name}_FILE)` : defaultValue;
}

function shown(variable: Variable, text: string): string {
  if (variable.secret) return '(set)';
  // A database URL contains its password: `postgres://user:password@host/name`.
  return text.replace(/(\/\/[^/@:]*):[^/@]*@/, '$1:…@');
}

type ReadVariable = <T>(name: string, read: (text: string) => ParsedValue<T>, fallback: T) => T;

function variableReader(env: Environment, problems: ConfigProblem[]): ReadVariable {
  return (name, read, fallback) => {
    const text = textOf(env, name);
    if (text === null) return fallback;
    const reading = read(text);
    if ('value' in reading) return reading.value;
    problems.push({ where: name, what: reading.what, remedy: reading.remedy });
    return fallback;
  };
}

/** A token from `NAME`, or from the file in `NAME_FILE`. */
function readTokenOf(
  name: string,
  env: Environment,
  { read, problems }: { readonly read: ReadVariable; readonly problems: ConfigProblem[] },
): string | null {
  const token = read(name, readToken, null);
  const where = `${name}_FILE`;
  if (textOf(env, name) === null) return read(where, readTokenFile, null);
  if (textOf(env, where) !== null) {
    problems.push({ where, what: `${name} is set too`, remedy: 'Remove one of the two' });
  }
  return token;
}

function textOf(env: Environment, name: string): string | null {
  const text = env[name]?.trim() ?? '';
  return text === '' ? null : text;
}

function readDatabaseUrl(text: string): ParsedValue<string> {
  if (/^sqlite:./.test(text)) return { value: text };
  if (/^postgres(?:ql)?:\/\/./.test(text) && URL.canParse(text)) return { value: text };
  return {
    what: 'is not the URL of a supported database',
    remedy: 'Use sqlite:PATH, such as sqlite:db/newswire.sqlite, or postgres://user:password@host/name',
  };
}

function readMaxPerAddress(text: string): ParsedValue<number> {
  return readWholeNumber(text, { min: 1, max: 1_000_000 });
}
