import { RE2JS } from 're2js';
import * as z from 'zod';
import { dayMs, minuteMs } from '../../domain/durations.ts';
import { languageTag } from '../../domain/language-tag.ts';
import { parseDuration } from './parse-duration.ts';

const minIntervalMs = minuteMs;
const maxIntervalMs = dayMs;
const maxHostGapMs = minuteMs;
const maxTitleChars = 200;
const maxSectionChars = 60;
const maxNoticeChars = 500;
const maxIdChars = 80;
const maxPatternChars = 2000;
const maxItemsPerDocument = 10_000;
export const defaultItemLimit = 500;

/** Headers that Newswire sets itself; set by the operator they would break conditional requests or framing. */
const reservedHeaders = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'keep-alive',
  'proxy-authorization',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const line = (maxChars: number) =>
  z
    .string()
    .trim()
    .min(1, { error: 'is empty', abort: true })
    .max(maxChars, { error: `is longer than ${maxChars} characters` })
    .refine((text) => !/\p{Cc}/u.test(text), { error: 'contains a line break or a control character' });

const sectionName = line(maxSectionChars).refine((text) => /[\p{L}\p{N}]/u.test(text), {
  error: 'contains neither a letter nor a digit',
});

const duration = (bounds: { minMs: number; maxMs: number; words: string }) =>
  z.string().transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== null && ms >= bounds.minMs && ms <= bounds.maxMs) return ms;
    context.addIssue({ code: 'custom', message: `is not a duration from ${bounds.words}` });
    return z.NEVER;
  });

const pattern = z
  .string()
  .min(1, { error: 'is empty', abort: true })
  .max(maxPatternChars, { error: `is longer than ${maxPatternChars} characters` })
  .superRefine((text, context) => {
    try {
      RE2JS.compile(text);
    } catch (error) {
      const reason =
        error instanceof Error ? error.message.replace(/^error parsing regexp: |: `.*`$/gs, '') : String(error);
      context.addIssue({ code: 'custom', message: `is not a regular expression (${reason})` });
    }
  });

const headers = z.record(z.string(), z.unknown()).transform((fields, context) => {
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

function headerError(name: string, value: unknown, seen: ReadonlySet<string>): string | null {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name)) return 'is not a valid header name';
  if (reservedHeaders.has(name.toLowerCase())) return 'is set by Newswire itself';
  if (seen.has(name.toLowerCase())) return 'is given twice with different capitalisation';
  if (typeof value !== 'string') return 'is not text';
  // Header values are Latin-1; a line break would start another header.
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? null : 'contains a character that is invalid in a header';
}

/** A declared id. */
export const declaredId = z
  .string()
  .max(maxIdChars, { error: `is longer than ${maxIdChars} characters` })
  .refine((text) => /^[\p{Ll}\p{Lo}\p{N}]+(?:[-_]+[\p{Ll}\p{Lo}\p{N}]+)*$/u.test(text), {
    error: 'may contain only lower-case letters, digits and single hyphens',
  });

/** The settings of a source in YAML. `url` is validated separately, since that requires FEEDS_DIR. */
export const sourceSchema = z.strictObject({
  url: z.string().trim().min(1, { error: 'is empty', abort: true }),
  title: line(maxTitleChars).nullish(),
  section: sectionName.nullish(),
  id: declaredId.nullish(),
  interval: duration({ minMs: minIntervalMs, maxMs: maxIntervalMs, words: '1m to 24h' }).nullish(),
  language: z
    .string()
    .transform((text, context) => {
      const tag = text.includes('_') ? null : languageTag(text);
      if (tag !== null) return tag;
      context.addIssue({ code: 'custom', message: 'is not a language tag' });
      return z.NEVER;
    })
    .nullish(),
  headers: headers.nullish(),
  keep: pattern.nullish(),
  drop: pattern.nullish(),
  limit: z.int().min(1).max(maxItemsPerDocument).nullish(),
  republish: z.enum(['full', 'summary', 'link']).nullish(),
  trust: z.strictObject({ dates: z.boolean().nullish(), ids: z.boolean().nullish() }).nullish(),
});

/** The settings of a source as written; an absent one is undefined or null. */
export type SourceFields = z.infer<typeof sourceSchema>;

/** The settings of the site. */
export const siteSchema = z.strictObject({
  title: line(maxTitleChars).nullish(),
  timezone: z.string().refine(isTimezone, { error: 'is not a time zone' }).nullish(),
  dateline: line(maxTitleChars)
    .refine((text) => /dd|MM|yy|HH|mm/.test(text) && !/[\p{L}\p{N}]/u.test(text.replace(/dd|MM|yyyy|yy|HH|mm/g, '')), {
      error: 'is not a pattern of dd, MM, yy, yyyy, HH and mm',
    })
    .nullish(),
  comments: z.enum(['off', 'moderated', 'open']).nullish(),
  commentsNotice: line(maxNoticeChars).nullish(),
  politeness: z
    .strictObject({
      hostGap: duration({ minMs: 0, maxMs: maxHostGapMs, words: '0s to 1m' }).nullish(),
      hostConcurrency: z.int().min(1).max(16).nullish(),
      globalPerSecond: z.number().min(0.1).max(1000).nullish(),
    })
    .nullish(),
  retention: z
    .strictObject({
      age: duration({ minMs: dayMs, maxMs: 3650 * dayMs, words: '1d to 3650d' }).nullish(),
      itemsPerSource: z.int().min(100).max(1_000_000).nullish(),
    })
    .nullish(),
});

/** The settings of the site as written. */
export type SiteFields = z.infer<typeof siteSchema>;

/** The sections, in display order. */
export const sectionsSchema = z.array(sectionName);

/** The top-level keys of a file, in documentation order. */
export const topKeys = ['site', 'sections', 'sources', 'webhooks'] as const;

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    // Intl throws RangeError for an invalid value.
    return false;
  }
}
