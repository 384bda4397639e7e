import type * as z from 'zod';
import { nearestWord } from './did-you-mean.ts';
import { quote } from './problem-list.ts';

/** Known keys by the object that holds them; the empty name is a source or the file itself. */
const knownKeys: Readonly<Record<string, readonly string[]>> = {
  source: [
    'url',
    'title',
    'section',
    'id',
    'interval',
    'language',
    'headers',
    'keep',
    'drop',
    'limit',
    'republish',
    'trust',
  ],
  webhook: ['url', 'id', 'secret', 'filter'],
  filter: ['sections', 'sources', 'categories', 'languages', 'q', 'backfill'],
  site: ['title', 'timezone', 'dateline', 'comments', 'commentsNotice', 'politeness', 'retention'],
  politeness: ['hostGap', 'hostConcurrency', 'globalPerSecond'],
  retention: ['age', 'itemsPerSource'],
  trust: ['dates', 'ids'],
};

/** What to do about a bad value, by the key that it stands under. */
const remedies: Readonly<Record<string, string>> = {
  source: 'Start every source with "- url: https://…"',
  webhook: 'Start every webhook with "- url: https://…", and give it a secret',
  'webhook.url': 'Write the whole address to send to, like https://example.org/hooks/news',
  'webhook.sections': 'Write a list of headings, like [World, Science]',
  secret:
    'Make one with: echo "whsec_$(openssl rand -base64 32)"; keep it in the environment and write "$' +
    '{NEWS_HOOK_SECRET}"',
  filter: 'Write { sections: [World], q: budget }, or leave it out for everything',
  q: 'Write words to look for, or leave it out',
  sources: 'Write a list of ids',
  categories: 'Write a list of categories',
  languages: 'Write a list of language tags, like [en, de]',
  backfill: 'Write true or false',
  url: 'Write the whole address of the feed, like https://example.org/rss.xml',
  title: 'Write a short text; put it in quotes when it looks like a number or holds ": "',
  section: 'Write a heading, like World',
  sections: 'Write a list of headings, like [World, Science]',
  id: 'Write an id like example-world, or leave it out',
  interval: 'Write a number and a unit, like 15m or 1h, or leave it out for an interval that follows the source',
  language: 'Write a language tag, like en or pt-BR, or leave it out',
  headers: 'Write names and values, like { Authorization: "Bearer $' + '{TOKEN}" }; put values in quotes',
  keep: 'Write an RE2 regular expression, like "climate|energy"; it has no look-around and no back-references',
  drop: 'Write an RE2 regular expression, like "sponsored"; it has no look-around and no back-references',
  limit: 'Write a whole number from 1 to 10000, or leave it out for 500',
  republish: 'Write full, summary or link',
  trust: 'Write { dates: false } or { ids: false }, or leave it out',
  dates: 'Write true or false',
  ids: 'Write true or false',
  site: 'Write the settings of the site below it: title, timezone, dateline, comments, commentsNotice, politeness, retention',
  timezone: 'Write an IANA name, like UTC or Europe/Berlin',
  dateline: 'Write a pattern like dd.MM.yy HH:mm',
  comments: 'Write off, moderated or open',
  commentsNotice: 'Write one or two sentences, or leave it out for the usual ones',
  politeness: 'Write { hostGap: 1s, hostConcurrency: 1, globalPerSecond: 10 }, each may be left out',
  hostGap: 'Write a number and a unit, like 1s',
  hostConcurrency: 'Write a whole number from 1 to 16',
  globalPerSecond: 'Write a number from 0.1 to 1000',
  retention: 'Write { age: 90d, itemsPerSource: 10000 }, each may be left out',
  age: 'Write a number and a unit, like 90d',
  itemsPerSource: 'Write a whole number from 100 to 1000000',
};

/** What to do about a bad value under a key. */
export function remedyFor(key: string): string {
  return remedies[key] ?? 'Write text';
}

/** A key nobody knows, with the one that was probably meant. */
export function explainUnknownKey(key: string, known: readonly string[]): { what: string; remedy: string } {
  const meant = nearestWord(key, known);
  const remedy =
    meant === null
      ? `Known keys are ${known.join(', ')}`
      : `Did you mean ${quote(meant)}? Known keys are ${known.join(', ')}`;
  return { what: `unknown key ${quote(key)}`, remedy };
}

/** The keys that an object of a file may have, by its name: `source`, `site`, `politeness`, `retention`, `trust`. */
export function keysOf(name: string): readonly string[] {
  return knownKeys[name] ?? [];
}

/**
 * A mistake that the schema found, in the operator's words.
 *
 * @param root what the path starts from: `source`, `site` or `sections`.
 * @param written the value as it stands in the file, before `${NAME}` was resolved: a secret never enters a message.
 */
export function explainIssue(
  issue: z.core.$ZodIssue,
  root: string,
  written: unknown,
): { what: string; remedy: string } {
  const names = issue.path.filter((part) => typeof part === 'string');
  const key = names.includes('headers') ? 'headers' : (names.at(-1) ?? root);
  const isEntry = root === 'source' || root === 'webhook';
  const label = [...(isEntry ? [] : [root]), ...names].join('.') || `a ${root}`;
  // A header's value is a secret even when it is written out, and so is a secret.
  const shown = key === 'headers' || key === 'secret' || typeof written === 'object' ? '' : `: ${quote(written)}`;
  return {
    remedy: remedies[`${root}.${key}`] ?? remedyFor(key),
    what: written === undefined ? `${label} is missing` : `${label} ${complaint(issue, { key, written })}${shown}`,
  };
}

const nounOf: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of settings',
  record: 'a group of names and values',
};

/** Keys whose text is a length of time: `15` says no unit. */
const durations: readonly string[] = ['interval', 'hostGap', 'age'];

function complaint(issue: z.core.$ZodIssue, of: { readonly key: string; readonly written: unknown }): string {
  switch (issue.code) {
    case 'custom':
      return issue.message;
    case 'invalid_type':
      if (durations.includes(of.key) && typeof of.written === 'number') return 'has no unit';
      return `is not ${nounOf[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `is none of ${issue.values.join(', ')}`;
    case 'too_small':
      return issue.origin === 'string' ? issue.message : `is less than ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string' ? issue.message : `is more than ${issue.maximum}`;
    default:
      return `is not right (${issue.message})`;
  }
}
