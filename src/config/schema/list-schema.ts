import * as z from 'zod';
import { dayMs, minuteMs } from '../../domain/durations.ts';
import { setting } from './setting-help.ts';
import { duration, headers, sectionName, text } from './setting-values.ts';

/** The settings of a remote list: an entry of `sources` with `opml` instead of `url`. */
export const listSchema = setting(
  z.strictObject({
    opml: setting(text, {
      meaning: '`https:` or `http:` URL of an OPML document; its outlines are sources',
      default: null,
      remedy: 'Write the complete URL of the OPML document, such as https://example.org/feeds.opml',
    }),
    every: setting(duration({ minMs: 15 * minuteMs, maxMs: 7 * dayMs, words: '15m to 7d' }).nullish(), {
      meaning: 'time between two reads of the document, `15m` to `7d`',
      default: '`1h`',
      remedy: 'Write a number and a unit, such as 1h or 1d, or remove the setting for 1h',
    }),
    section: setting(sectionName.nullish(), {
      meaning: 'section of all its sources',
      default: 'the heading of each outline',
      remedy: 'Write the name of a section, such as World',
    }),
    headers: setting(headers.nullish(), {
      meaning: "request headers, sent only to the document's own origin",
      default: 'none',
      remedy: 'Write names and values, such as { Authorization: "Bearer $' + '{TOKEN}" }; put values in quotes',
    }),
  }),
  { meaning: null, default: null, remedy: 'Start every remote list with "- opml: https://…"' },
);

/** The settings of a remote list as written; an absent one is undefined or null. */
export type ListFields = z.infer<typeof listSchema>;
