import type * as z from 'zod';
import { helpAt } from '../schema/setting-help.ts';
import { nearestWord, renamedKey } from './did-you-mean.ts';
import { quote } from './problem-list.ts';

/** What is wrong and what to do about it, without the position. */
export interface Explanation {
  readonly what: string;
  readonly remedy: string;
}

/** An unknown key, with its new name if it was renamed, else with the most similar known key. */
export function explainUnknownKey(key: string, known: readonly string[]): Explanation {
  const list = `Known keys are ${known.join(', ')}`;
  const renamed = renamedKey(key, known);
  if (renamed !== null) return { what: `key ${quote(key)} was renamed`, remedy: `Write ${quote(renamed)}` };
  const similar = nearestWord(key, known);
  const remedy = similar === null ? list : `Did you mean ${quote(similar)}? ${list}`;
  return { what: `unknown key ${quote(key)}`, remedy };
}

/** The place of a value in the declarations. */
export interface Checked {
  readonly schema: z.ZodType;
  /** The start of the path: `source`, `list`, `webhook`, `alert`, `site` or `sections`. */
  readonly root: string;
  /** The value as written, before `${NAME}` was resolved: a secret never enters a message. */
  readonly written: unknown;
}

const entryRoots: ReadonlySet<string> = new Set(['source', 'list', 'webhook', 'alert']);
const secretKeys: ReadonlySet<string> = new Set(['headers', 'secret', 'token', 'password']);

/** Explains an issue that the schema found. */
export function explainIssue(issue: z.core.$ZodIssue, { schema, root, written }: Checked): Explanation {
  const names = issue.path.filter((part) => typeof part === 'string');
  const key = names.includes('headers') ? 'headers' : (names.at(-1) ?? root);
  const isEntry = entryRoots.has(root);
  const label = [...(isEntry ? [] : [root]), ...names].join('.') || `${root === 'alert' ? 'an' : 'a'} ${root}`;
  // Values of headers and secrets are never shown, even if they are written out.
  const shown = secretKeys.has(key) || typeof written === 'object' ? '' : `: ${quote(written)}`;
  return {
    remedy: helpAt(schema, issue.path)?.remedy ?? 'Write text',
    what: written === undefined ? `${label} is missing` : `${label} ${complaint(issue)}${shown}`,
  };
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping of names to values',
};

function complaint(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'custom':
      return issue.message;
    case 'invalid_type':
      return `is not ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_union':
      return 'is not text';
    case 'invalid_value':
      return `is none of ${issue.values.join(', ')}`;
    case 'too_small':
      return issue.origin === 'string' ? issue.message : `is less than ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'string' ? issue.message : `is more than ${issue.maximum}`;
    default:
      return `is invalid (${issue.message})`;
  }
}
