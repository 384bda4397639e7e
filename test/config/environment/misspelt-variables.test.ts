import { describe, expect, it } from 'vitest';
import { environmentVariables } from '../../../src/config/environment/environment.ts';
import { findMisspeltVariables } from '../../../src/config/environment/misspelt-variables.ts';

describe('findMisspeltVariables', () => {
  it.each([
    ['LOG_LEVL', 'LOG_LEVEL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['FEED_DIR', 'FEEDS_DIR'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['TRUSTED_PROXYS', 'TRUSTED_PROXIES'],
    ['ROLE', 'ROLES'],
    ['port', 'PORT'],
    ['ADMIN_TOKN_FILE', 'ADMIN_TOKEN_FILE'],
  ])('reports %s, which is almost %s', (name, meant) => {
    expect(findMisspeltVariables({ [name]: 'x' })).toEqual([{ name, meant }]);
  });

  it('reports neither our variables nor those of the system and of other programs', () => {
    const others = ['PATH', 'HOME', 'HOSTNAME', 'LANG', 'PWD', 'USER', 'TERM', 'SHELL', 'TZ', 'NODE_ENV', 'NO_COLOR'];
    const near = ['DATABASE_USER', 'DATABASE_HOST', 'DATABASE_PORT', 'METRICS_PORT', 'REDIS_PORT', 'ALLOWED_HOSTS'];
    const ours = environmentVariables.map(({ name }) => name);
    const env = Object.fromEntries([...others, ...near, ...ours].map((name) => [name, 'x']));
    expect(findMisspeltVariables(env)).toEqual([]);
    expect(findMisspeltVariables(Object.fromEntries([...others, ...near].map((name) => [name, 'x'])))).toEqual([]);
  });

  it('ignores empty variables, and those beside the correct one', () => {
    expect(findMisspeltVariables({ LOG_LEVL: ' ', PORTS: '1', PORT: '2' })).toEqual([]);
  });

  it('reports at most ten of a large environment, quickly', () => {
    const env = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`LOG_LEV${index}`, 'x']));
    const long = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`X${index}`.repeat(1000), 'x']));
    expect(findMisspeltVariables({ ...env, ...long })).toHaveLength(10);
  });
});
