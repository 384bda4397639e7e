import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import type * as z from 'zod';
import type { Environment } from '../environment/environment.ts';
import { explainIssue, explainUnknownKey } from '../problems/explain-issue.ts';
import type { ProblemList } from '../problems/problem-list.ts';
import { alertSchema } from '../schema/alert-schema.ts';
import { listSchema } from '../schema/list-schema.ts';
import { helpAt, keysAt } from '../schema/setting-help.ts';
import { sectionsSchema, siteSchema, topKeys } from '../schema/site-schema.ts';
import { sourceSchema } from '../schema/source-schema.ts';
import { webhookSchema } from '../schema/webhook-schema.ts';
import {
  type AlertEntry,
  type FileDeclarations,
  type ListEntry,
  noDeclarations,
  type SourceEntry,
  type WebhookEntry,
} from './file-declarations.ts';
import { References } from './references.ts';
import { type YamlPositions, yamlPositions } from './yaml-position.ts';

/** A parsed YAML file with everything that validation needs. */
interface YamlFile {
  readonly name: string;
  readonly written: unknown;
  /** With references resolved. */
  readonly resolved: unknown;
  readonly positions: YamlPositions;
  readonly problems: ProblemList;
  readonly references: References;
}

/** Reads a YAML declaration file. Errors are added to `problems`; valid declarations are returned. */
export function readYamlFile(
  file: { readonly name: string; readonly text: string },
  env: Environment,
  problems: ProblemList,
): FileDeclarations {
  const opened = openYaml(file, env, problems);
  if (opened === null) return noDeclarations;
  if (!isMapping(opened.resolved)) {
    problems.add({
      where: `${file.name}:${opened.positions.lineOf([])}`,
      what: 'the file is not a mapping',
      remedy: 'Write "sources:" and below it a list with "- url: https://…"',
    });
    return noDeclarations;
  }
  reportUnknownKeys(opened, [], topKeys);
  const entries = readList(opened, 'source', readSourceOrList);
  return {
    site: readSite(opened),
    sections: readSections(opened),
    sources: entries.flatMap(({ source }) => source ?? []),
    lists: entries.flatMap(({ list }) => list ?? []),
    webhooks: readList(opened, 'webhook', readWebhook),
    alerts: readList(opened, 'alert', readAlert),
  };
}

function openYaml(
  file: { readonly name: string; readonly text: string },
  env: Environment,
  problems: ProblemList,
): YamlFile | null {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  for (const error of document.errors) {
    problems.add({ where: `${file.name}:${lines.linePos(error.pos[0]).line}`, ...explainYamlError(error) });
  }
  if (document.errors.length > 0) return null;
  const positions = yamlPositions(document, lines);
  let written: unknown;
  try {
    written = document.toJS();
  } catch (error) {
    // An alias without an anchor, or an alias bomb.
    const reason = error instanceof Error ? error.message.replace(/[\s.]+$/, '') : String(error);
    problems.add({
      where: `${file.name}:1`,
      what: `an alias cannot be resolved (${reason})`,
      remedy: 'Write the values without aliases',
    });
    return null;
  }
  // An empty file, or only comments.
  if (written === null || written === undefined) return null;
  const references = new References(env);
  const { value: resolved, problems: unresolved } = references.resolve(written);
  for (const { path, what, remedy } of unresolved) {
    problems.add({ where: `${file.name}:${positions.lineOf(path)}`, what, remedy });
  }
  return { name: file.name, written, resolved, positions, problems, references };
}

const yamlRemedies: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'Indent with spaces',
  DUPLICATE_KEY: 'Remove one of the two',
  NON_STRING_KEY: 'Write the key as a plain word, or in quotes',
  MULTIPLE_DOCS: 'Remove the "---", or move the rest to another file',
  BLOCK_AS_IMPLICIT_KEY: 'Put text that contains ": " in quotes',
  BAD_SCALAR_START: 'Put the text in quotes',
  BAD_DQ_ESCAPE: 'Use single quotes, or double the backslash',
  MISSING_CHAR: 'Close the quote or bracket, and indent the keys of a list entry equally',
};

/** Replaces messages of the library that address programmers. */
const yamlMessages: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'the file contains more than one document',
  NON_STRING_KEY: 'a key is not a string',
};

function explainYamlError(error: YAMLError): { what: string; remedy: string } {
  const reason = yamlMessages[error.code] ?? error.message;
  return {
    what: `not valid YAML (${reason.replace(/[\s.]+$/, '')})`,
    remedy: yamlRemedies[error.code] ?? 'Check the indentation and the quotes here and on the line above',
  };
}

function readSite(file: YamlFile): FileDeclarations['site'] {
  const value = childOf(file.resolved, 'site');
  if (value === undefined || value === null) return null;
  const fields = validate(file, siteSchema, { path: ['site'], root: 'site' });
  return fields === null ? null : { fields, where: `${file.name}:${file.positions.lineOfKey([], 'site')}` };
}

function readSections(file: YamlFile): readonly string[] {
  const value = childOf(file.resolved, 'sections');
  if (value === undefined || value === null) return [];
  return validate(file, sectionsSchema, { path: ['sections'], root: 'sections' }) ?? [];
}

/** The schemas of the entries of lists. */
const entrySchemas = { source: sourceSchema, webhook: webhookSchema, alert: alertSchema } as const;

/** The entries of the list `sources`, `webhooks` or `alerts`. */
function readList<T>(
  file: YamlFile,
  noun: keyof typeof entrySchemas,
  read: (file: YamlFile, index: number) => T | null,
): readonly T[] {
  const value = childOf(file.resolved, `${noun}s`);
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    file.problems.add({
      where: `${file.name}:${file.positions.lineOfKey([], `${noun}s`)}`,
      what: `${noun}s is not a list`,
      remedy: helpAt(entrySchemas[noun], [])?.remedy ?? 'Write a list',
    });
    return [];
  }
  return value.flatMap((_, index) => read(file, index) ?? []);
}

function readWebhook(file: YamlFile, index: number): WebhookEntry | null {
  const path = ['webhooks', index] as const;
  const fields = validate(file, webhookSchema, { path, root: 'webhook' });
  if (fields === null) return null;
  const rawUrl = String(valueAt(file.written, [...path, 'url']));
  const urlReferences = file.references.mask(rawUrl);
  return { fields, rawUrl, urlReferences, where: `${file.name}:${file.positions.lineOf(path)}` };
}

/** An entry of `sources`: with `opml` it is a remote list. */
function readSourceOrList(file: YamlFile, index: number): { source: SourceEntry | null; list: ListEntry | null } {
  const isList = childOf(valueAt(file.resolved, ['sources', index]), 'opml') !== undefined;
  return isList ? { source: null, list: readRemoteList(file, index) } : { source: readSource(file, index), list: null };
}

function readRemoteList(file: YamlFile, index: number): ListEntry | null {
  const path = ['sources', index] as const;
  const fields = validate(file, listSchema, { path, root: 'list' });
  if (fields === null) return null;
  const rawUrl = String(valueAt(file.written, [...path, 'opml']));
  const urlReferences = file.references.mask(rawUrl);
  return { fields, rawUrl, urlReferences, where: `${file.name}:${file.positions.lineOf(path)}` };
}

function readAlert(file: YamlFile, index: number): AlertEntry | null {
  const path = ['alerts', index] as const;
  const fields = validate(file, alertSchema, { path, root: 'alert' });
  if (fields === null) return null;
  const rawUrl = String(valueAt(file.written, [...path, 'url']));
  return {
    fields,
    rawUrl,
    urlReferences: file.references.mask(rawUrl),
    where: `${file.name}:${file.positions.lineOf(path)}`,
    positionOf: (key) => `${file.name}:${file.positions.lineOf([...path, key])}`,
  };
}

function readSource(file: YamlFile, index: number): SourceEntry | null {
  const path = ['sources', index] as const;
  const fields = validate(file, sourceSchema, { path, root: 'source' });
  if (fields === null) return null;
  const rawUrl = String(valueAt(file.written, [...path, 'url']));
  return {
    fields,
    rawUrl,
    urlReferences: file.references.mask(rawUrl),
    where: `${file.name}:${file.positions.lineOf(path)}`,
    positionOf: (key) => `${file.name}:${file.positions.lineOf([...path, key])}`,
    isOutline: false,
  };
}

/** Validates the value at a path. Null: invalid, with all errors added to `problems`. */
function validate<T extends z.ZodType>(
  file: YamlFile,
  schema: T,
  at: { readonly path: readonly PropertyKey[]; readonly root: string },
): z.infer<T> | null {
  const result = schema.safeParse(valueAt(file.resolved, at.path));
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = [...at.path, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      reportUnknownKeys(file, path, keysAt(schema, issue.path));
      continue;
    }
    const written = valueAt(file.written, path);
    file.problems.add({
      where: `${file.name}:${file.positions.lineOf(path)}`,
      ...explainIssue(issue, { schema, root: at.root, written }),
    });
  }
  return null;
}

function reportUnknownKeys(file: YamlFile, path: readonly PropertyKey[], known: readonly string[]): void {
  const holder = valueAt(file.resolved, path);
  if (!isMapping(holder)) return;
  for (const key of Object.keys(holder)) {
    if (known.includes(key)) continue;
    const where = `${file.name}:${file.positions.lineOfKey(path, key)}`;
    file.problems.add({ where, ...explainUnknownKey(key, known) });
  }
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function childOf(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<PropertyKey, unknown>)[key];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(childOf, value);
}
