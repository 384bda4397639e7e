import * as z from 'zod';
import { dayMs, minuteMs } from '../../domain/durations.ts';
import { setting } from './setting-help.ts';
import { declaredId, duration, headers, language, line, pattern, sectionName, text } from './setting-values.ts';

const maxTitleChars = 200;
const maxItemsPerDocument = 10_000;
/** The default of `limit`. */
export const defaultItemLimit = 500;

/** The settings of a source in YAML. `url` is validated separately, since that requires FEEDS_DIR. */
export const sourceSchema = setting(
  z.strictObject({
    url: setting(text, {
      meaning: '`https:` or `http:` URL, or `file:` and a path inside FEEDS_DIR',
      default: null,
      remedy: 'Write the complete URL of the feed, such as https://example.org/rss.xml',
    }),
    title: setting(line(maxTitleChars).nullish(), {
      meaning: 'title shown instead of that of the feed',
      default: "the feed's title",
      remedy: 'Write a short text; put it in quotes if it looks like a number or contains ": "',
    }),
    section: setting(sectionName.nullish(), {
      meaning: 'section of its items',
      default: 'the first of `sections`',
      remedy: 'Write the name of a section, such as World',
    }),
    id: setting(declaredId.nullish(), {
      meaning: 'name in URLs and commands',
      default: 'derived from title, else from URL',
      remedy: 'Write an id such as example-world, or remove the setting',
    }),
    interval: setting(duration({ minMs: minuteMs, maxMs: dayMs, words: '1m to 24h' }).nullish(), {
      meaning: 'time between two polls, `1m` to `24h`',
      default: 'adaptive',
      remedy: 'Write a number and a unit, such as 15m or 1h, or remove the setting for an adaptive interval',
    }),
    language: setting(language.nullish(), {
      meaning: 'language tag (BCP 47), used if the feed has none',
      default: 'none',
      remedy: 'Write a language tag, such as en or pt-BR, or remove the setting',
    }),
    headers: setting(headers.nullish(), {
      meaning: "request headers, sent only to the source's own origin",
      default: 'none',
      remedy: 'Write names and values, such as { Authorization: "Bearer $' + '{TOKEN}" }; put values in quotes',
    }),
    keep: setting(pattern.nullish(), {
      meaning: 'RE2 expression; only items whose title or a category matches are stored',
      default: 'all items',
      remedy: 'Write an RE2 regular expression, such as "climate|energy"; it has no look-around and no back-references',
    }),
    drop: setting(pattern.nullish(), {
      meaning: 'RE2 expression; items whose title or a category matches are not stored',
      default: 'no items',
      remedy: 'Write an RE2 regular expression, such as "sponsored"; it has no look-around and no back-references',
    }),
    limit: setting(z.int().min(1).max(maxItemsPerDocument).nullish(), {
      meaning: 'maximum number of items read from one document, 1 to 10000; the newest by date',
      default: String(defaultItemLimit),
      remedy: `Write a whole number from 1 to ${maxItemsPerDocument}, or remove the setting for ${defaultItemLimit}`,
    }),
    republish: setting(z.enum(['full', 'summary', 'link']).nullish(), {
      meaning: 'how much of its content pages, feeds and pushes contain: `full`, `summary` or `link`',
      default: '`full`',
      remedy: 'Write full, summary or link',
    }),
    trust: setting(
      z
        .strictObject({
          dates: setting(z.boolean().nullish(), {
            meaning: '`false` if its dates are wrong: the time of arrival is used',
            default: '`true`',
            remedy: 'Write true or false',
          }),
          ids: setting(z.boolean().nullish(), {
            meaning: '`false` if its ids are not unique: links identify items',
            default: '`true`',
            remedy: 'Write true or false',
          }),
        })
        .nullish(),
      { meaning: null, default: null, remedy: 'Write { dates: false } or { ids: false }, or remove the setting' },
    ),
  }),
  { meaning: null, default: null, remedy: 'Start every source with "- url: https://…"' },
);

/** The settings of a source as written; an absent one is undefined or null. */
export type SourceFields = z.infer<typeof sourceSchema>;
