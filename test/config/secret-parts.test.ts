import { describe, expect, it } from 'vitest';
import { readDeclarations } from '../../src/config/read-declarations.ts';
import type { Source } from '../../src/domain/polling/source.ts';
import { useFolders } from './temporary-folder.ts';

const makeFolder = useFolders();

/** The source that is declared with this URL. */
async function declared(url: string, env: Record<string, string> = {}, more = ''): Promise<Source> {
  const folder = makeFolder({ 'sources.yaml': `sources:\n  - url: "${url}"\n${more}` });
  const [source] = (await readDeclarations(folder.dir, env)).sources;
  if (source === undefined) throw new Error('nothing is declared');
  return source;
}

describe('a URL with environment variables', () => {
  const env = {
    TOKEN: 's3cret',
    NAME: 'me',
    PW: 'p4ss',
    HOST: 'feeds.example.org',
    FEED: 'https://example.org/a?t=s3cret',
  };

  it.each([
    ['a whole parameter', `https://example.org/feed?token=\${TOKEN}`, 'https://example.org/feed?token=***', ['s3cret']],
    [
      'a part of a parameter',
      `https://example.org/feed?token=v1-\${TOKEN}-x`,
      'https://example.org/feed?token=v1-***-x',
      ['s3cret'],
    ],
    ['a part of the path', `https://example.org/u/\${TOKEN}/feed`, 'https://example.org/u/***/feed', ['s3cret']],
    ['two', `https://example.org/?u=\${NAME}&t=\${TOKEN}`, 'https://example.org/?u=***&t=***', ['me', 's3cret']],
    [
      'a password, which is removed from the URL',
      `https://\${NAME}:\${PW}@example.org/feed`,
      'https://example.org/feed',
      ['me', 'p4ss'],
    ],
  ])('masks %s', async (_, url, shown, secrets) => {
    const source = await declared(url, env);
    expect(source.hidden).toEqual({ url: shown, secrets });
    expect(source.url).not.toContain('***');
  });

  it('is requested with the values', async () => {
    expect((await declared(`https://example.org/feed?token=\${TOKEN}`, env)).url).toBe(
      'https://example.org/feed?token=s3cret',
    );
  });

  it.each([
    [`https://\${HOST}/feed?token=\${TOKEN}`, 'https://feeds.example.org/***', 'feed?token=s3cret'],
    [`\${FEED}`, 'https://example.org/***', 'a?t=s3cret'],
  ])('shows only the host if it is a variable too: %s', async (url, shown, rest) => {
    const { hidden, id } = await declared(url, env);
    expect(hidden?.url).toBe(shown);
    expect(hidden?.secrets).toContain(rest);
    expect(id).not.toContain('s3cret');
  });

  it('masks parameter values of a variable, unless they are short', async () => {
    const { hidden } = await declared(`\${FEED}`, { FEED: 'https://example.org/a?format=rss&t=tok-7f3a9c21' });
    expect(hidden?.secrets).toContain('tok-7f3a9c21');
    expect(hidden?.secrets).not.toContain('rss');
  });

  it('has an id that does not depend on the secret', async () => {
    const url = `https://example.org/feed?token=\${TOKEN}`;
    const ids = await Promise.all(['s3cret', 'other'].map(async (TOKEN) => (await declared(url, { TOKEN })).id));
    expect(ids).toEqual(['example-org-feed-token', 'example-org-feed-token']);
  });

  it.each([
    'https://example.org/feed?token=written',
    `https://example.org/feed?token=$\${TOKEN}`,
    `file:\${NAME}.xml`,
  ])('masks nothing without variables, nor in a file URL: %s', async (url) => {
    expect((await declared(url, env)).hidden).toBeNull();
  });

  it('is masked in error messages', async () => {
    const twice = `  - url: "https://example.org/feed?token=\${TOKEN}"\n`;
    await expect(declared(`https://example.org/feed?token=\${TOKEN}`, env, twice)).rejects.toThrow(
      `url is already declared at sources.yaml:2: "https://example.org/feed?token=\${TOKEN}"`,
    );
  });
});
