import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { slug } from '../../domain/slug.ts';

/** A source to declare. */
export interface NewSource {
  readonly url: string;
  /** Null: the title of the feed. */
  readonly title: string | null;
  /** Null: the default section. */
  readonly section: string | null;
}

/**
 * Inserts sources into the text of a YAML declaration file, each after the last source of its section, else at the end. In
 * a block list (one dash per line) the rest of the file is kept byte for byte. Other forms are rewritten by the YAML
 * library, which keeps comments.
 *
 * @param text a valid file.
 * @returns null if neither way produces the intended declarations, as for a list that is an alias.
 */
export function insertSources(text: string, sources: readonly NewSource[]): string | null {
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  const inserted = insertText(text, sources, lineBreak);
  if (inserted !== null && addsOnly(inserted, { text, sources })) return inserted;
  const document = parseDocument(text, options);
  if (document.errors.length > 0) return null;
  const rewritten = rewriteDocument(document, sources).replaceAll('\n', lineBreak);
  return addsOnly(rewritten, { text, sources }) ? rewritten : null;
}

const options = { stringKeys: true } as const;

/** Whether a text declares the same as the earlier one plus the sources, and nothing else. */
function addsOnly(
  written: string,
  expected: { readonly text: string; readonly sources: readonly NewSource[] },
): boolean {
  const after = valuesOf(written);
  const before = valuesOf(expected.text);
  if (after === null || before === null) return false;
  const missing = new Map<string, number>();
  for (const source of expected.sources) {
    const key = JSON.stringify(fieldsOf(source));
    missing.set(key, (missing.get(key) ?? 0) + 1);
  }
  const others = after.sources.filter((one) => {
    const key = JSON.stringify(one);
    const count = missing.get(key) ?? 0;
    if (count > 1) missing.set(key, count - 1);
    else missing.delete(key);
    return count === 0;
  });
  return missing.size === 0 && isDeepStrictEqual({ ...after, sources: others }, before);
}

function valuesOf(text: string): { readonly sources: readonly unknown[] } | null {
  const document = parseDocument(text, options);
  if (document.errors.length > 0) return null;
  const values: unknown = document.toJS() ?? {};
  if (typeof values !== 'object' || values === null) return null;
  const sources = 'sources' in values && Array.isArray(values.sources) ? values.sources : [];
  return { ...values, sources };
}

/** Null: the list is not a block list. */
function insertText(text: string, sources: readonly NewSource[], lineBreak: string): string | null {
  const { contents } = parseDocument(text, options);
  const newList = (): string => append(text, ['sources:', ...sources.flatMap((one) => linesOf(one, '  '))], lineBreak);
  if (contents === null) return newList();
  if (!isMap(contents) || contents.flow) return null;
  const list = contents.get('sources', true);
  if (list === undefined) return newList();
  // A block list starts with its first dash.
  if (!isSeq(list) || text[startOf(list)] !== '-') return null;
  return insertLines(text, { list, lineBreak }, sources);
}

interface BlockList {
  readonly list: YAMLSeq;
  readonly lineBreak: string;
}

function insertLines(text: string, { list, lineBreak }: BlockList, sources: readonly NewSource[]): string {
  const indent = ' '.repeat(dashColumn(text, list));
  const entryBefore = lastEntries(list);
  const byPlace = Map.groupBy(sources, (source) => endOfEntry(text, entryBefore(source), indent.length));
  let written = '';
  let copied = 0;
  for (const [at, group] of [...byPlace].sort(([one], [other]) => one - other)) {
    written += text.slice(copied, at);
    copied = at;
    written = append(
      written,
      group.flatMap((source) => linesOf(source, indent)),
      lineBreak,
    );
  }
  return `${written}${text.slice(copied)}`;
}

/** The column of a list's dashes. */
function dashColumn(text: string, list: YAMLSeq): number {
  const dash = startOf(list);
  return dash - (text.lastIndexOf('\n', dash) + 1);
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** The entry after which a source is inserted: the last one of its section, else of the list. */
function lastEntries(list: YAMLSeq): (source: NewSource) => Node | undefined {
  const entries = list.items.filter((item) => isNode(item));
  const bySection = new Map<string, Node>();
  for (const entry of entries) if (isMap(entry)) bySection.set(slug(sectionOf(entry)), entry);
  return ({ section }) => (section === null ? undefined : bySection.get(slug(section))) ?? entries.at(-1);
}

function sectionOf(item: YAMLMap): string {
  const value = item.get('section', true);
  return isScalar(value) && typeof value.value === 'string' ? value.value : '';
}

/** The start of the line after an entry and its indented comments. */
function endOfEntry(text: string, entry: Node | undefined, dash: number): number {
  const end = entry?.range?.[1] ?? text.length;
  let at = text[end - 1] === '\n' ? end : nextLine(text, end);
  for (;;) {
    const comment = /^( *)#/.exec(text.slice(at, nextLine(text, at)));
    if (comment?.[1] === undefined || comment[1].length <= dash) return at;
    at = nextLine(text, at);
  }
}

function nextLine(text: string, from: number): number {
  const found = text.indexOf('\n', from);
  return found === -1 ? text.length : found + 1;
}

function append(text: string, lines: readonly string[], lineBreak: string): string {
  const start = text === '' || text.endsWith('\n') ? text : `${text}${lineBreak}`;
  return `${start}${lines.join(lineBreak)}${lineBreak}`;
}

function linesOf(source: NewSource, indent: string): string[] {
  return Object.entries(fieldsOf(source)).map(
    ([key, value], index) =>
      `${indent}${index === 0 ? '- ' : '  '}${key}: ${stringify(value, { lineWidth: 0 }).trimEnd()}`,
  );
}

function fieldsOf({ url, title, section }: NewSource): Readonly<Record<string, string>> {
  return {
    url: literalText(url),
    ...(title === null ? {} : { title: literalText(title) }),
    ...(section === null ? {} : { section: literalText(section) }),
  };
}

/** `${` would start a reference to an environment variable; `$${` is a literal `${`. */
export function literalText(text: string): string {
  return text.replaceAll('${', () => '$${');
}

function rewriteDocument(document: Document, sources: readonly NewSource[]): string {
  const list = document.get('sources', true);
  const fields = sources.map(fieldsOf);
  if (isSeq(list) && list.items.length > 0) for (const one of fields) list.add(document.createNode(one));
  else {
    const newList = document.createNode(fields);
    newList.commentBefore = isNode(list) ? (list.comment ?? list.commentBefore ?? null) : null;
    document.set('sources', newList);
  }
  return document.toString({ lineWidth: 0 });
}
