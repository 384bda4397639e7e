import { ConfigError } from '../../domain/config-error.ts';

/**
 * The file that a database URL names.
 *
 * @throws ConfigError when the URL is invalid or of another engine.
 */
export function fileOfUrl(url: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? [];
  if (scheme.toLowerCase() === 'sqlite') return rest.replace(/^\/\//, '');
  // Name the scheme only: the rest may contain a password.
  const what = scheme === '' ? 'is not a URL' : `databases of the kind ${scheme}: are not supported yet`;
  const remedy = 'Write sqlite: and a path, as in sqlite:db/newswire.sqlite';
  throw new ConfigError([{ where: 'DATABASE_URL', what, remedy }]);
}
