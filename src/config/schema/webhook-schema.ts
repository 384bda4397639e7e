import * as z from 'zod';
import { parseFilter } from '../../domain/events/parse-filter.ts';
import { decodeSecret } from '../../domain/events/webhook.ts';
import { setting } from './setting-help.ts';
import { declaredId, text } from './setting-values.ts';

const maxUrlChars = 2048;
const maxSecrets = 4;

const url = text
  .max(maxUrlChars, { error: `is longer than ${maxUrlChars} characters`, abort: true })
  .transform((value, context) => {
    const parsed = URL.parse(value);
    const error = urlError(parsed);
    if (parsed !== null && error === null) return parsed.href;
    context.addIssue({ code: 'custom', message: error ?? 'is not an absolute URL' });
    return z.NEVER;
  });

function urlError(parsed: URL | null): string | null {
  if (parsed === null) return 'is not an absolute URL';
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return 'is not http or https';
  if (parsed.username !== '' || parsed.password !== '') return 'contains a user name or a password';
  return parsed.hash === '' ? null : 'has a fragment, which is never sent';
}

/** One secret, or several that all sign during a rotation. */
export const secrets = z.unknown().transform((value, context): readonly string[] => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > maxSecrets) {
    context.addIssue({ code: 'custom', message: `is not a list of 1 to ${maxSecrets}` });
  }
  for (const [index, secret] of list.entries()) {
    if (isSecret(secret)) continue;
    const path = Array.isArray(value) ? [index] : [];
    context.addIssue({ code: 'custom', message: 'is not whsec_ and the base64 of 24 to 64 bytes', path });
  }
  return list.filter((secret) => typeof secret === 'string');
});

function isSecret(secret: unknown): boolean {
  // An unset variable is reported separately.
  return typeof secret === 'string' && (secret.includes('$' + '{') || decodeSecret(secret) !== null);
}

const values = (what: string, remedy: string) =>
  setting(z.array(z.string()).nullish(), { meaning: what, default: 'all', remedy });

const filter = z
  .strictObject({
    sections: values('sections', 'Write a list of names, such as [World, Science]'),
    sources: values('ids of sources', 'Write a list of ids'),
    categories: values('categories', 'Write a list of categories'),
    languages: values('language tags', 'Write a list of language tags, such as [en, de]'),
    q: setting(z.string().nullish(), {
      meaning: 'search terms',
      default: 'all',
      remedy: 'Write search terms, or remove the setting',
    }),
    backfill: setting(z.boolean().nullish(), {
      meaning: 'whether to include items of the first read of a source',
      default: '`false`',
      remedy: 'Write true or false',
    }),
  })
  .transform((fields, context) => {
    const written = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
    const read = parseFilter(written);
    if (!('error' in read)) return read;
    context.addIssue({ code: 'custom', message: `is invalid: ${read.error}` });
    return z.NEVER;
  });

/** The settings of a webhook in YAML. */
export const webhookSchema = setting(
  z.strictObject({
    url: setting(url, {
      meaning: 'URL that receives the events',
      default: null,
      remedy: 'Write the complete URL of the receiver, such as https://example.org/hooks/news',
    }),
    id: setting(declaredId.nullish(), {
      meaning: 'name in commands, and key of the delivery state',
      default: 'derived from host and path',
      remedy: 'Write an id such as example-world, or remove the setting',
    }),
    secret: setting(secrets, {
      meaning: 'signing secret, or a list of up to 4 during a rotation',
      default: null,
      remedy:
        'Create one with: echo "whsec_$(openssl rand -base64 32)"; store it in the environment and write "$' +
        '{NEWS_HOOK_SECRET}"',
    }),
    filter: setting(filter.nullish(), {
      meaning: 'which events are sent',
      default: 'all events',
      remedy: 'Write { sections: [World], q: budget }, or remove the setting for all events',
    }),
  }),
  { meaning: null, default: null, remedy: 'Start every webhook with "- url: https://…" and a secret' },
);

/** The settings of a webhook as written; an absent one is undefined or null. */
export type WebhookFields = z.infer<typeof webhookSchema>;
