import { attributeOf, childrenOf, type Fields, textOf, type XmlNode } from './xml-nodes.ts';

const authorFields = ['author', 'atom:author', 'dc:creator', 'dc:author', 'itunes:author', 'googleplay:author'];
const feedFields = ['managingeditor', 'itunes:owner', 'webmaster', 'dc:publisher'];
const nameFields = ['name', 'atom:name', 'itunes:name', 'email', 'atom:email', 'itunes:email'];

/** The authors of an item, from the best element that names any, joined by commas; null if there are none. */
export function itemAuthor(fields: Fields): string | null {
  return (
    namesIn(fields, authorFields) ??
    // RFC 4287 §4.2.1: an entry without authors has those of its atom:source.
    joined(
      fields
        .of('source')
        .flatMap((source) => childrenOf(source, 'author'))
        .map(nameOf),
    ) ??
    joined(fields.of('media:credit').filter(isAuthor).map(nameOf))
  );
}

/** The authors of a feed, otherwise its editor, owner, web master or publisher; null if there are none. */
export function feedAuthor(fields: Fields): string | null {
  return namesIn(fields, authorFields) ?? namesIn(fields, feedFields);
}

function namesIn(fields: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    const found = joined(fields.of(name).map(nameOf));
    if (found !== null) return found;
  }
  return null;
}

function joined(names: readonly string[]): string | null {
  const found = new Set(names.filter((name) => name !== ''));
  return found.size === 0 ? null : [...found].join(', ');
}

function isAuthor(credit: XmlNode): boolean {
  return attributeOf(credit, 'role')?.toLowerCase() === 'author';
}

function nameOf(node: XmlNode): string {
  for (const part of nameFields) {
    const text = textOf(childrenOf(node, part)[0]);
    if (text !== '') return text;
  }
  return withoutEmail(textOf(node));
}

/** The name in `jo@example.org (Jo Doe)` (RSS) and `Jo Doe <jo@example.org>` (RFC 5322). */
function withoutEmail(text: string): string {
  if (!text.includes('@') || text.length > 1000) return text;
  const rss = /^[^\s()<>]+@[^\s()<>]+\s*\(([^()]+)\)$/.exec(text)?.[1];
  const mail = /^"?([^"<>@]+)"?\s*<[^<>\s]+@[^<>\s]+>$/.exec(text)?.[1];
  return (rss ?? mail ?? text).trim();
}
