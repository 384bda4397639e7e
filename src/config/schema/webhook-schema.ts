import * as z from 'zod';
import { parseFilter } from '../../domain/events/parse-filter.ts';
import { decodeSecret } from '../../domain/events/webhook.ts';
import { declaredId } from './source-schema.ts';

const maxUrlChars = 2048;
const maxSecrets = 4;

const url = z
  .string()
  .trim()
  .min(1, { error: 'is empty', abort: true })
  .max(maxUrlChars, { error: `is longer than ${maxUrlChars} characters`, abort: true })
  .transform((text, context) => {
    const parsed = URL.parse(text);
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
const secrets = z.unknown().transform((value, context): readonly string[] => {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.length > maxSecrets) {
    context.addIssue({ code: 'custom', message: `is not a list of 1 to ${maxSecrets}` });
  }
  for (const [index, text] of list.entries()) {
    if (isSecret(text)) continue;
    const path = Array.isArray(value) ? [index] : [];
    context.addIssue({ code: 'custom', message: 'is not whsec_ and the base64 of 24 to 64 bytes', path });
  }
  return list.filter((text) => typeof text === 'string');
});

function isSecret(text: unknown): boolean {
  // An unset variable is reported separately.
  return typeof text === 'string' && (text.includes('$' + '{') || decodeSecret(text) !== null);
}

const values = z.array(z.string());

const filter = z
  .strictObject({
    sections: values.nullish(),
    sources: values.nullish(),
    categories: values.nullish(),
    languages: values.nullish(),
    q: z.string().nullish(),
    backfill: z.boolean().nullish(),
  })
  .transform((fields, context) => {
    const written = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
    const read = parseFilter(written);
    if (!('error' in read)) return read;
    context.addIssue({ code: 'custom', message: `is invalid: ${read.error}` });
    return z.NEVER;
  });

/** The settings of a webhook in YAML. */
export const webhookSchema = z.strictObject({
  url,
  id: declaredId.nullish(),
  secret: secrets,
  filter: filter.nullish(),
});

/** The settings of a webhook as written; an absent one is undefined or null. */
export type WebhookFields = z.infer<typeof webhookSchema>;
