import { RE2JS } from 're2js';
import * as z from 'zod';
import { parseDuration } from '../../domain/durations.ts';
import { languageTag } from '../../domain/language-tag.ts';

const maxIdChars = 80;
const maxPatternChars = 2000;
const maxSectionChars = 60;

/** Headers that Newswire sets itself; set by the operator they would break conditional requests or framing. */
const reservedHeaders = new Set(
  (
    'accept-encoding connection content-length expect host if-match if-modified-since if-none-match if-range ' +
    'keep-alive proxy-authorization range te trailer transfer-encoding upgrade'
  ).split(' '),
);

/** Text that is not empty. */
export const text = z.string().trim().min(1, { error: 'is empty', abort: true });

/** A single line of text. */
export const line = (maxChars: number) =>
  text
    .max(maxChars, { error: `is longer than ${maxChars} characters` })
    .refine((value) => !/\p{Cc}/u.test(value), { error: 'contains a line break or a control character' });

/** The name of a section. */
export const sectionName = line(maxSectionChars).refine((value) => /[\p{L}\p{N}]/u.test(value), {
  error: 'contains neither a letter nor a digit',
});

/** A declared id. */
export const declaredId = z
  .string()
  .max(maxIdChars, { error: `is longer than ${maxIdChars} characters` })
  .refine((value) => /^[\p{Ll}\p{Lo}\p{N}]+(?:[-_]+[\p{Ll}\p{Lo}\p{N}]+)*$/u.test(value), {
    error: 'may contain only lower-case letters, digits and single hyphens',
  });

/** A duration such as `15m`, as milliseconds. @param bounds.words the bounds for messages, such as `1m to 24h`. */
export const duration = (bounds: { minMs: number; maxMs: number; words: string }) =>
  z.union([z.string(), z.number()]).transform((value, context) => {
    const ms = typeof value === 'string' ? parseDuration(value) : null;
    if (ms !== null && ms >= bounds.minMs && ms <= bounds.maxMs) return ms;
    const message = typeof value === 'number' ? 'has no unit' : `is not a duration from ${bounds.words}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** A language tag in canonical form. */
export const language = z.string().transform((value, context) => {
  // A publisher's `en_US` is accepted, an operator's is a mistake.
  const tag = value.includes('_') ? null : languageTag(value);
  if (tag !== null) return tag;
  context.addIssue({ code: 'custom', message: 'is not a language tag' });
  return z.NEVER;
});

/** An RE2 expression. */
export const pattern = z
  .string()
  .min(1, { error: 'is empty', abort: true })
  .max(maxPatternChars, { error: `is longer than ${maxPatternChars} characters` })
  .superRefine((value, context) => {
    try {
      RE2JS.compile(value);
    } catch (error) {
      const reason =
        error instanceof Error ? error.message.replace(/^error parsing regexp: |: `.*`$/gs, '') : String(error);
      context.addIssue({ code: 'custom', message: `is not a regular expression (${reason})` });
    }
  });

/** Request headers. */
export const headers = z.record(z.string(), z.unknown()).transform((fields, context) => {
  const seen = new Set<string>();
  const usable: Record<string, string> = {};
  for (const [name, value] of Object.entries(fields)) {
    const error = headerError(name, value, seen);
    if (error !== null) context.addIssue({ code: 'custom', message: error, path: [name] });
    if (typeof value === 'string') usable[name] = value;
    seen.add(name.toLowerCase());
  }
  return usable;
});

/** An IANA time zone. */
export const timezone = z.string().refine(isTimezone, { error: 'is not a time zone' });

function headerError(name: string, value: unknown, seen: ReadonlySet<string>): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name)) return 'is not a valid header name';
  if (reservedHeaders.has(name.toLowerCase())) return 'is set by Newswire itself';
  if (seen.has(name.toLowerCase())) return 'is given twice with different capitalisation';
  if (typeof value !== 'string') return 'is not text';
  // Header values are Latin-1; a line break would start another header.
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? null : 'contains a character that is invalid in a header';
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    // Intl throws RangeError for an invalid value.
    return false;
  }
}
