import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
} from 'yaml';

/** Positions of the parts of a YAML document. */
export interface YamlPositions {
  /** Line of the value at a path, or of its nearest existing ancestor. From 1. */
  lineOf(path: readonly PropertyKey[]): number;
  /** Line of a key of the mapping at a path. */
  lineOfKey(path: readonly PropertyKey[], key: string): number;
}

/** Creates the positions of a parsed document. */
export function yamlPositions(document: Document, lines: LineCounter): YamlPositions {
  const lineAt = (node: unknown): number | null => {
    const start = (node as Node | null)?.range?.[0];
    return start === undefined ? null : lines.linePos(start).line;
  };
  return {
    lineOf: (path) => {
      let line = lineAt(document.contents) ?? 1;
      let node: unknown = document.contents;
      for (const part of path) {
        const child = childOf(document, node, part);
        if (child === null) return line;
        line = lineAt(child.value) ?? lineAt(child.key) ?? line;
        node = child.value;
      }
      return line;
    },
    lineOfKey: (path, key) => {
      let node: unknown = document.contents;
      for (const part of path) node = childOf(document, node, part)?.value ?? null;
      const child = childOf(document, node, key);
      return lineAt(child?.key) ?? lineAt(node) ?? 1;
    },
  };
}

/** A child by key or index, resolving aliases. Its key node is null in a sequence. */
function childOf(document: Document, parent: unknown, part: PropertyKey): { key: unknown; value: unknown } | null {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (!isCollection(node)) return null;
  if (isSeq(node))
    return typeof part === 'number' && part in node.items ? { key: null, value: node.items[part] } : null;
  if (!isMap(node)) return null;
  const pair = node.items.find((item) => isPair(item) && keyText(item.key) === String(part));
  return pair === undefined ? null : { key: pair.key, value: pair.value };
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}
