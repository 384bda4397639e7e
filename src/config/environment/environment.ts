import path from 'node:path';
import { ConfigError, type ConfigProblem } from '../../domain/config-error.ts';
import {
  type ParsedValue,
  readBaseUrl,
  readChoices,
  readCidrs,
  readContactUrl,
  readFolder,
  readHost,
  readHubUrl,
  readOrigins,
  readPort,
  readToken,
  readWholeNumber,
} from './environment-values.ts';

/** What a node does: it polls sources, serves readers, or both. */
export type Role = 'poll' | 'serve';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** A process environment, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything the environment says, checked, with every default filled in. */
export interface Settings {
  readonly host: string;
  /** 0: the system picks one. */
  readonly port: number;
  /** Without a trailing slash; null: not set, so the address that we listen on stands in for it. */
  readonly publicUrl: string | null;
  /** Absolute path. */
  readonly feedsDir: string;
  readonly databaseUrl: string;
  readonly roles: ReadonlySet<Role>;
  /** Null: the admin side is off. */
  readonly adminToken: string | null;
  /** Null: `/metrics` is for this machine only. */
  readonly metricsToken: string | null;
  /** CIDRs, for hosts that the operator configured. */
  readonly allowPrivateNetworks: readonly string[];
  /** CIDRs, for hosts that anybody names. */
  readonly allowPrivateNetworksForAll: readonly string[];
  /** Null: the same host only. */
  readonly allowedOrigins: readonly string[] | '*' | null;
  readonly contactUrl: string | null;
  /** CIDRs. */
  readonly trustedProxies: readonly string[];
  readonly liveMaxPerAddress: number;
  readonly httpMaxPerAddress: number;
  /** The hub that output feeds name instead of our own; null: our own. */
  readonly websubHub: string | null;
  readonly logLevel: LogLevel;
}

/** One variable as `check --print-config` shows it. */
export interface SettingRow {
  readonly name: string;
  /** The value in force, secrets as `(set)`. */
  readonly value: string;
  readonly isSet: boolean;
  readonly defaultValue: string;
  readonly meaning: string;
}

interface Variable {
  readonly name: string;
  /** In words where nothing stands for it. */
  readonly defaultValue: string;
  readonly meaning: string;
  /** Shown as set or not set, never by value. */
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

/** Every variable that Newswire knows, in the order in which an operator meets them. */
export const environmentVariables: readonly Variable[] = [
  { name: 'HOST', defaultValue: defaults.host, meaning: 'address to listen on' },
  { name: 'PORT', defaultValue: String(defaults.port), meaning: 'port to listen on; 0 picks a free one' },
  {
    name: 'PUBLIC_URL',
    defaultValue: 'http://HOST:PORT',
    meaning: 'absolute base of every address that we give out; WebSub is off unless it is set',
  },
  {
    name: 'FEEDS_DIR',
    defaultValue: defaults.feedsDir,
    meaning: 'folder of the declarations: every *.yaml, *.yml and *.opml in it is read and watched',
  },
  {
    name: 'DATABASE_URL',
    defaultValue: defaults.databaseUrl,
    meaning: 'where items are kept: sqlite:PATH or postgres://…',
  },
  { name: 'ROLES', defaultValue: roles.join(','), meaning: 'what this node does: poll, serve or both' },
  {
    name: 'ADMIN_TOKEN',
    defaultValue: 'none: the admin side is off',
    meaning: 'token by which the operator signs in at /admin, 16 characters or more',
    secret: true,
  },
  {
    name: 'METRICS_TOKEN',
    defaultValue: 'none: for this machine only',
    meaning: 'bearer token that opens /metrics from afar, 16 characters or more',
    secret: true,
  },
  {
    name: 'ALLOW_PRIVATE_NETWORKS',
    defaultValue: 'none',
    meaning: 'comma-separated CIDRs that declared sources and webhooks, and WEBSUB_HUB, may be in, on any port',
  },
  {
    name: 'ALLOW_PRIVATE_NETWORKS_FOR_ALL',
    defaultValue: 'none',
    meaning: 'the same for hosts that documents, redirects and WebSub subscribers name',
  },
  {
    name: 'ALLOWED_ORIGINS',
    defaultValue: 'the same host',
    meaning: 'origins whose pages may open /live, comma-separated, or *',
  },
  {
    name: 'CONTACT_URL',
    defaultValue: 'PUBLIC_URL, else none',
    meaning: 'where a publisher reaches us; stands in the User-Agent',
  },
  { name: 'TRUSTED_PROXIES', defaultValue: 'none', meaning: 'comma-separated CIDRs whose X-Forwarded-For counts' },
  {
    name: 'LIVE_MAX_PER_ADDRESS',
    defaultValue: String(defaults.liveMaxPerAddress),
    meaning: 'live connections from one address (IPv6: a /64); loopback is not counted',
  },
  {
    name: 'HTTP_MAX_PER_ADDRESS',
    defaultValue: String(defaults.httpMaxPerAddress),
    meaning: 'all other connections from one address, counted likewise; a trusted proxy is not limited',
  },
  {
    name: 'WEBSUB_HUB',
    defaultValue: 'our own',
    meaning: 'hub of somebody else that output feeds name; it is told of every change',
  },
  { name: 'LOG_LEVEL', defaultValue: 'info', meaning: logLevels.join(', ') },
];

/** The environment of this process: for `${NAME}` in declarations. Nothing else reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/**
 * Reads every variable. An empty one counts as not set.
 *
 * @throws ConfigError with every mistake, not only the first.
 */
export function readSettings(env: Environment = processEnvironment()): Settings {
  const problems: ConfigProblem[] = [];
  const take = takeFrom(env, problems);
  const publicUrl = take('PUBLIC_URL', readBaseUrl, null);
  const settings: Settings = {
    host: take('HOST', readHost, defaults.host),
    port: take('PORT', readPort, defaults.port),
    publicUrl,
    feedsDir: take('FEEDS_DIR', readFolder, path.resolve(defaults.feedsDir)),
    databaseUrl: take('DATABASE_URL', readDatabaseUrl, defaults.databaseUrl),
    roles: take('ROLES', (text) => readChoices(text, roles), new Set(roles)),
    adminToken: take('ADMIN_TOKEN', readToken, null),
    metricsToken: take('METRICS_TOKEN', readToken, null),
    allowPrivateNetworks: take('ALLOW_PRIVATE_NETWORKS', readCidrs, []),
    allowPrivateNetworksForAll: take('ALLOW_PRIVATE_NETWORKS_FOR_ALL', readCidrs, []),
    allowedOrigins: take('ALLOWED_ORIGINS', readOrigins, null),
    contactUrl: take('CONTACT_URL', readContactUrl, publicUrl),
    trustedProxies: take('TRUSTED_PROXIES', readCidrs, []),
    liveMaxPerAddress: take('LIVE_MAX_PER_ADDRESS', readMaxPerAddress, defaults.liveMaxPerAddress),
    httpMaxPerAddress: take('HTTP_MAX_PER_ADDRESS', readMaxPerAddress, defaults.httpMaxPerAddress),
    websubHub: take('WEBSUB_HUB', readHubUrl, null),
    logLevel: take('LOG_LEVEL', readLogLevel, 'info'),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}

/**
 * Settings for a server that keeps everything within one folder and may read from this machine; the rest is as the
 * environment says.
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

/** Where the declarations stand, also when other variables are wrong: so that all mistakes can be told at once. */
export function readFeedsDir(env: Environment): string {
  return path.resolve(textOf(env, 'FEEDS_DIR') ?? defaults.feedsDir);
}

/** The file that a database address names, so that it can be asked whether there is one; null: it is not a file's. */
export function databaseFile(databaseUrl: string): string | null {
  const file = /^sqlite:(?:\/\/)?(.+)$/s.exec(databaseUrl)?.[1];
  return file === undefined ? null : path.resolve(file);
}

/**
 * The table behind `check --print-config`. Works on a bad environment too: it shows what is set, not what it means.
 */
export function describeSettings(env: Environment = processEnvironment()): readonly SettingRow[] {
  return environmentVariables.map((variable) => {
    const text = textOf(env, variable.name);
    return {
      name: variable.name,
      value: text === null ? variable.defaultValue : shown(variable, text),
      isSet: text !== null,
      defaultValue: variable.defaultValue,
      meaning: variable.meaning,
    };
  });
}

function shown(variable: Variable, text: string): string {
  if (variable.secret) return '(set)';
  // A database address carries its password: `postgres://user:password@host/name`.
  return text.replace(/(\/\/[^/@:]*):[^/@]*@/, '$1:…@');
}

type Take = <T>(name: string, read: (text: string) => ParsedValue<T>, fallback: T) => T;

function takeFrom(env: Environment, problems: ConfigProblem[]): Take {
  return (name, read, fallback) => {
    const text = textOf(env, name);
    if (text === null) return fallback;
    const reading = read(text);
    if ('value' in reading) return reading.value;
    problems.push({ where: name, what: reading.what, remedy: reading.remedy });
    return fallback;
  };
}

function textOf(env: Environment, name: string): string | null {
  const text = env[name]?.trim() ?? '';
  return text === '' ? null : text;
}

function readDatabaseUrl(text: string): ParsedValue<string> {
  if (/^sqlite:./.test(text)) return { value: text };
  if (/^postgres(?:ql)?:\/\/./.test(text) && URL.canParse(text)) return { value: text };
  return {
    what: 'is not the address of a database that Newswire knows',
    remedy: 'Use sqlite:PATH, like sqlite:db/newswire.sqlite, or postgres://user:password@host/name',
  };
}

function readMaxPerAddress(text: string): ParsedValue<number> {
  return readWholeNumber(text, { min: 1, max: 1_000_000 });
}

function readLogLevel(text: string): ParsedValue<LogLevel> {
  const level = logLevels.find((candidate) => candidate === text.toLowerCase());
  return level === undefined
    ? { what: `is not a level: ${JSON.stringify(text)}`, remedy: `Use ${logLevels.join(', ')}` }
    : { value: level };
}
