import * as z from 'zod';
import { dayMs, minuteMs } from '../../domain/durations.ts';
import { setting } from './setting-help.ts';
import { duration, line, sectionName, timezone } from './setting-values.ts';

const maxTitleChars = 200;
const maxNoticeChars = 500;

const politeness = z.strictObject({
  hostGap: setting(duration({ minMs: 0, maxMs: minuteMs, words: '0s to 1m' }).nullish(), {
    meaning: 'minimum time between two requests to one host, `0s` to `1m`',
    default: '`1s`',
    remedy: 'Write a number and a unit, such as 1s',
  }),
  hostConcurrency: setting(z.int().min(1).max(16).nullish(), {
    meaning: 'concurrent requests to one host, 1 to 16',
    default: '1',
    remedy: 'Write a whole number from 1 to 16',
  }),
  globalPerSecond: setting(z.number().min(0.1).max(1000).nullish(), {
    meaning: 'polls per second in total, 0.1 to 1000',
    default: '10',
    remedy: 'Write a number from 0.1 to 1000',
  }),
});

const retention = z.strictObject({
  maxAge: setting(duration({ minMs: dayMs, maxMs: 3650 * dayMs, words: '1d to 3650d' }).nullish(), {
    meaning: 'age at which items are deleted, `1d` to `3650d`',
    default: '`90d`',
    remedy: 'Write a number and a unit, such as 90d',
  }),
  itemsPerSource: setting(z.int().min(100).max(1_000_000).nullish(), {
    meaning: 'items kept per source, 100 to 1000000',
    default: '10000',
    remedy: 'Write a whole number from 100 to 1000000',
  }),
});

/** The settings of the site. */
export const siteSchema = setting(
  z.strictObject({
    title: setting(line(maxTitleChars).nullish(), {
      meaning: 'name of the site',
      default: '`Newswire`',
      remedy: 'Write a short text; put it in quotes if it looks like a number or contains ": "',
    }),
    timezone: setting(timezone.nullish(), {
      meaning: 'IANA time zone of displayed dates',
      default: '`UTC`',
      remedy: 'Write an IANA name, such as UTC or Europe/Berlin',
    }),
    dateline: setting(
      line(maxTitleChars)
        .refine(
          (text) => /dd|MM|yy|HH|mm/.test(text) && !/[\p{L}\p{N}]/u.test(text.replace(/dd|MM|yyyy|yy|HH|mm/g, '')),
          { error: 'is not a pattern of dd, MM, yy, yyyy, HH and mm' },
        )
        .nullish(),
      {
        meaning: 'format of displayed dates, of `dd`, `MM`, `yy`, `yyyy`, `HH` and `mm`',
        default: '`dd.MM.yy HH:mm`',
        remedy: 'Write a pattern such as dd.MM.yy HH:mm',
      },
    ),
    comments: setting(z.enum(['off', 'moderated', 'open']).nullish(), {
      meaning: '`off`, `moderated` or `open`; see [Comments](#comments)',
      default: '`moderated`',
      remedy: 'Write off, moderated or open',
    }),
    commentsNotice: setting(line(maxNoticeChars).nullish(), {
      meaning: 'notice above the comment form',
      default: 'a built-in text',
      remedy: 'Write one or two sentences, or remove the setting for the built-in text',
    }),
    politeness: setting(politeness.nullish(), {
      meaning: null,
      default: null,
      remedy: 'Write { hostGap: 1s, hostConcurrency: 1, globalPerSecond: 10 }; each is optional',
    }),
    retention: setting(retention.nullish(), {
      meaning: null,
      default: null,
      remedy: 'Write { maxAge: 90d, itemsPerSource: 10000 }; each is optional',
    }),
  }),
  { meaning: null, default: null, remedy: 'Write the settings of the site as a mapping below "site:"' },
);

/** The settings of the site as written. */
export type SiteFields = z.infer<typeof siteSchema>;

/** The sections, in display order. */
export const sectionsSchema = setting(z.array(sectionName), {
  meaning: null,
  default: null,
  remedy: 'Write a list of names, such as [World, Science]',
});

/** The top-level keys of a file, in documentation order. */
export const topKeys = ['site', 'sections', 'sources', 'webhooks', 'alerts'] as const;
