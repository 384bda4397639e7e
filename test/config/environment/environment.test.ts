import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  databaseFile,
  describeSettings,
  environmentVariables,
  readFeedsDir,
  readSettings,
} from '../../../src/config/environment/environment.ts';
import { ConfigError } from '../../../src/domain/config-error.ts';
import { useFolders } from '../temporary-folder.ts';

function wrongNames(env: Record<string, string>): string[] {
  try {
    readSettings(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((problem) => problem.where);
    throw error;
  }
}

describe('readSettings', () => {
  it('returns all defaults for an empty environment', () => {
    expect(readSettings({})).toEqual({
      host: '127.0.0.1',
      port: 3000,
      publicUrl: null,
      feedsDir: path.resolve('feeds'),
      databaseUrl: 'sqlite:db/newswire.sqlite',
      roles: new Set(['poll', 'serve']),
      adminToken: null,
      metricsToken: null,
      allowPrivateNetworks: [],
      allowPrivateNetworksForAll: [],
      allowedOrigins: null,
      contactUrl: null,
      trustedProxies: [],
      liveMaxPerAddress: 50,
      httpMaxPerAddress: 100,
      websubHub: null,
      logLevel: 'info',
      logFormat: null,
    });
  });

  it('treats an empty or blank variable as not set', () => {
    expect(readSettings({ PORT: '', ADMIN_TOKEN: '  ', ROLES: '' })).toEqual(readSettings({}));
  });

  it('reads every variable', () => {
    const settings = readSettings({
      HOST: '0.0.0.0',
      PORT: '0',
      PUBLIC_URL: 'https://News.example.org/',
      FEEDS_DIR: '/srv/feeds',
      DATABASE_URL: 'sqlite:/srv/news.sqlite',
      ROLES: 'serve',
      ADMIN_TOKEN: 'a-token-of-sixteen',
      METRICS_TOKEN: '16-characters-ok',
      ALLOW_PRIVATE_NETWORKS: '127.0.0.0/8, ::1',
      ALLOW_PRIVATE_NETWORKS_FOR_ALL: '10.0.0.0/8',
      ALLOWED_ORIGINS: 'https://www.example.org, http://127.0.0.1:8080',
      CONTACT_URL: 'mailto:news@example.org',
      TRUSTED_PROXIES: '10.0.0.1',
      LIVE_MAX_PER_ADDRESS: '3',
      HTTP_MAX_PER_ADDRESS: '4',
      WEBSUB_HUB: 'https://hub.example.org',
      LOG_LEVEL: 'WARN',
      LOG_FORMAT: 'Pretty',
    });
    expect(settings).toEqual({
      host: '0.0.0.0',
      port: 0,
      publicUrl: 'https://news.example.org',
      feedsDir: path.resolve('/srv/feeds'),
      databaseUrl: 'sqlite:/srv/news.sqlite',
      roles: new Set(['serve']),
      adminToken: 'a-token-of-sixteen',
      metricsToken: '16-characters-ok',
      allowPrivateNetworks: ['127.0.0.0/8', '::1/128'],
      allowPrivateNetworksForAll: ['10.0.0.0/8'],
      allowedOrigins: ['https://www.example.org', 'http://127.0.0.1:8080'],
      contactUrl: 'mailto:news@example.org',
      trustedProxies: ['10.0.0.1/32'],
      liveMaxPerAddress: 3,
      httpMaxPerAddress: 4,
      websubHub: 'https://hub.example.org/',
      logLevel: 'warn',
      logFormat: 'pretty',
    });
  });

  it('reports all errors with their variables', () => {
    const names = wrongNames({
      HOST: 'http://127.0.0.1',
      PORT: '70000',
      PUBLIC_URL: 'news.example.org',
      DATABASE_URL: 'mysql://db',
      ROLES: 'poll,server',
      ADMIN_TOKEN: 'two words',
      ADMIN_TOKEN_FILE: '/run/secrets/admin-token',
      METRICS_TOKEN: 'x'.repeat(15),
      METRICS_TOKEN_FILE: '/run/secrets/metrics-token',
      ALLOW_PRIVATE_NETWORKS: '10.0.0.0/33',
      ALLOW_PRIVATE_NETWORKS_FOR_ALL: 'intranet',
      ALLOWED_ORIGINS: 'https://example.org/path',
      CONTACT_URL: 'ftp://example.org',
      TRUSTED_PROXIES: 'proxy.example.org',
      LIVE_MAX_PER_ADDRESS: '0',
      HTTP_MAX_PER_ADDRESS: '0',
      WEBSUB_HUB: 'hub.example.org',
      LOG_LEVEL: 'loud',
      LOG_FORMAT: 'xml',
    });
    expect(names.sort()).toEqual(
      environmentVariables
        .map((variable) => variable.name)
        .filter((name) => name !== 'FEEDS_DIR')
        .sort(),
    );
  });

  it.each([
    ['PORT', '-1'],
    ['PORT', '3e3'],
    ['PORT', '0x10'],
    ['PORT', '80.5'],
    ['HOST', '127.0.0.1:3000'],
    ['HOST', 'a b'],
    ['PUBLIC_URL', 'ftp://example.org'],
    ['PUBLIC_URL', 'https://user:pw@example.org'],
    ['PUBLIC_URL', 'https://example.org/?a=b'],
    ['PUBLIC_URL', 'https://example.org/#top'],
    ['DATABASE_URL', 'sqlite:'],
    ['DATABASE_URL', 'newswire.db'],
    ['ROLES', ','],
    ['ALLOWED_ORIGINS', '*,https://example.org'],
    ['ALLOWED_ORIGINS', 'null'],
    ['ALLOWED_ORIGINS', 'https://user@example.org'],
    ['ALLOW_PRIVATE_NETWORKS', '127.0.0.0/8,'.concat('10.0.0')],
    ['ALLOW_PRIVATE_NETWORKS', '0177.0.0.1'],
    ['LIVE_MAX_PER_ADDRESS', 'many'],
    ['ADMIN_TOKEN', 'fifteen-letters'],
    ['METRICS_TOKEN', 'fifteen-letters'],
  ])('rejects %s=%s', (name, value) => {
    expect(wrongNames({ [name]: value })).toEqual([name]);
  });

  it('removes the brackets of an IPv6 address to listen on', () => {
    expect(readSettings({ HOST: '[::1]' }).host).toBe('::1');
  });

  it('keeps the path of PUBLIC_URL without trailing slash', () => {
    expect(readSettings({ PUBLIC_URL: 'https://example.org/news//' }).publicUrl).toBe('https://example.org/news');
  });

  it('uses PUBLIC_URL as default of CONTACT_URL', () => {
    expect(readSettings({ PUBLIC_URL: 'https://example.org' }).contactUrl).toBe('https://example.org');
  });

  it('accepts * alone as any origin', () => {
    expect(readSettings({ ALLOWED_ORIGINS: ' * ' }).allowedOrigins).toBe('*');
  });

  it('accepts the URL of another database engine', () => {
    const url = 'postgres://user:pw@db.example.org/news';
    expect(readSettings({ DATABASE_URL: url }).databaseUrl).toBe(url);
  });

  it('never quotes a token in a message', () => {
    expect(() => readSettings({ ADMIN_TOKEN: 'hush hush' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hush') }),
    );
  });
});

describe('a token from a file', () => {
  const makeFolder = useFolders();
  const fileWith = (text: string): string => makeFolder({ token: text }).path('token');

  it('is read without the line break at its end', () => {
    const file = fileWith('a-token-of-sixteen\n');
    expect(readSettings({ ADMIN_TOKEN_FILE: file, METRICS_TOKEN_FILE: file })).toMatchObject({
      adminToken: 'a-token-of-sixteen',
      metricsToken: 'a-token-of-sixteen',
    });
  });

  it('is refused when the variable is set too', () => {
    const env = { ADMIN_TOKEN: 'a-token-of-sixteen', ADMIN_TOKEN_FILE: fileWith('another-token-16') };
    expect(() => readSettings(env)).toThrow(/ADMIN_TOKEN_FILE: ADMIN_TOKEN is set too\. Remove one of the two/);
  });

  it('is refused without being quoted when it is too short', () => {
    const problem = { where: 'ADMIN_TOKEN_FILE', what: 'the token in the file is shorter than 16 characters' };
    expect(() => readSettings({ ADMIN_TOKEN_FILE: fileWith('hush') })).toThrow(
      expect.objectContaining({
        message: expect.not.stringContaining('hush'),
        problems: [expect.objectContaining(problem)],
      }),
    );
  });

  it('is described by the name of its variable', () => {
    const rows = describeSettings({ ADMIN_TOKEN_FILE: '/run/secrets/admin' });
    expect(rows.find(({ name }) => name === 'ADMIN_TOKEN')?.value).toBe('(from ADMIN_TOKEN_FILE)');
    expect(rows.find(({ name }) => name === 'METRICS_TOKEN')?.value).toBe('none: this machine only');
  });
});

describe('describeSettings', () => {
  const shownValue = (env: Record<string, string>, name: string): string | undefined =>
    describeSettings(env).find((row) => row.name === name)?.value;

  it('returns defaults for variables that are not set', () => {
    const rows = describeSettings({ PORT: '8080' });
    expect(rows.find((row) => row.name === 'PORT')).toMatchObject({ value: '8080', isSet: true, defaultValue: '3000' });
    expect(rows.find((row) => row.name === 'HOST')).toMatchObject({ value: '127.0.0.1', isSet: false });
    expect(rows.every((row) => row.meaning !== '')).toBe(true);
  });

  it('hides the value of a token', () => {
    expect(shownValue({ ADMIN_TOKEN: 'hush' }, 'ADMIN_TOKEN')).toBe('(set)');
  });

  it('hides the password of a database URL', () => {
    const shown = shownValue({ DATABASE_URL: 'postgres://news:hu:sh@db.example.org/news' }, 'DATABASE_URL');
    expect(shown).toBe('postgres://news:…@db.example.org/news');
  });
});

describe('readFeedsDir', () => {
  it('returns the folder if other variables are invalid', () => {
    expect(readFeedsDir({ FEEDS_DIR: '/srv/feeds', PORT: 'x' })).toBe(path.resolve('/srv/feeds'));
  });
});

describe('databaseFile', () => {
  it('returns the file of a SQLite database only', () => {
    expect(databaseFile('sqlite:db/news.sqlite')).toBe(path.resolve('db/news.sqlite'));
    expect(databaseFile('sqlite:///srv/news.sqlite')).toBe(path.resolve('/srv/news.sqlite'));
    expect(databaseFile('postgres://db.example.org/news')).toBeNull();
  });
});
