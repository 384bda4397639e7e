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
  /** Null: the default section. */
  readonly section: string | null;
}

/**
 * Inserts a source into the text of a YAML declaration file, after the last source of its section, else at the end. In a
 * block list (one dash per line) the rest of the file is kept byte for byte. Other forms are rewritten by the YAML
 * library, which keeps comments.
 *
 * @param text a valid file.
 * @returns null if neither way produces the intended declarations, as for a list that is an alias.
 */
export function insertSource(text: string, source: NewSource): string | null {
  const lineBreak = text.includes('\r\n') ? '\r\n' : '\n';
  const inserted = insertText(text, source, lineBreak);
  if (inserted !== null && addsOnly(inserted, { text, source })) return inserted;
  const document = parseDocument(text, options);
  if (document.errors.length > 0) return null;
  const rewritten = rewriteDocument(document, source).replaceAll('\n', lineBreak);
  return addsOnly(rewritten, { text, source }) ? rewritten : null;
}

const options = { stringKeys: true } as const;

/** Whether a text declares the same as the earlier one plus the source, and nothing else. */
function addsOnly(written: string, expected: { readonly text: string; readonly source: NewSource }): boolean {
  const after = valuesOf(written);
  const before = valuesOf(expected.text);
  if (after === null || before === null) return false;
  const fields = fieldsOf(expected.source);
  const index = after.sources.findIndex((one) => isDeepStrictEqual(one, fields));
  const rest = { ...after, sources: after.sources.toSpliced(index, 1) };
  return index >= 0 && isDeepStrictEqual(rest, before);
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
function insertText(text: string, source: NewSource, lineBreak: string): string | null {
  const { contents } = parseDocument(text, options);
  if (contents === null) return append(text, ['sources:', ...linesOf(source, '  ')], lineBreak);
  if (!isMap(contents) || contents.flow) return null;
  const list = contents.get('sources', true);
  if (list === undefined) return append(text, ['sources:', ...linesOf(source, '  ')], lineBreak);
  // A block list starts with its first dash.
  if (!isSeq(list) || text[startOf(list)] !== '-') return null;
  return insertLines(text, { list, lineBreak }, source);
}

interface BlockList {
  readonly list: YAMLSeq;
  readonly lineBreak: string;
}

function insertLines(text: string, { list, lineBreak }: BlockList, source: NewSource): string {
  const indent = ' '.repeat(dashColumn(text, list));
  const at = endOfEntry(text, entryBefore(list, source), indent.length);
  const lines = linesOf(source, indent);
  const before = text.slice(0, at);
  if (before !== '' && !before.endsWith('\n')) return append(before, lines, lineBreak);
  return `${before}${lines.join(lineBreak)}${lineBreak}${text.slice(at)}`;
}

/** The column of a list's dashes. */
function dashColumn(text: string, list: YAMLSeq): number {
  const dash = startOf(list);
  return dash - (text.lastIndexOf('\n', dash) + 1);
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** The entry after which the source is inserted. */
function entryBefore(list: YAMLSeq, { section }: NewSource): Node | undefined {
  const entries = list.items.filter((item) => isNode(item));
  const ofSection = (item: Node): boolean => section !== null && isMap(item) && slug(sectionOf(item)) === slug(section);
  return entries.findLast(ofSection) ?? entries.at(-1);
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

function fieldsOf({ url, section }: NewSource): Readonly<Record<string, string>> {
  // `${` would start a reference to an environment variable; `$${` is a literal `${`.
  const literal = (text: string): string => text.replaceAll('${', () => '$${');
  return { url: literal(url), ...(section === null ? {} : { section: literal(section) }) };
}

function rewriteDocument(document: Document, source: NewSource): string {
  const list = document.get('sources', true);
  if (isSeq(list) && list.items.length > 0) list.add(document.createNode(fieldsOf(source)));
  else {
    const newList = document.createNode([fieldsOf(source)]);
    newList.commentBefore = isNode(list) ? (list.comment ?? list.commentBefore ?? null) : null;
    document.set('sources', newList);
  }
  return document.toString({ lineWidth: 0 });
}
