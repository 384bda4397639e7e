import { attributeOf, childrenOf, type Fields, textOf, type XmlNode } from './xml-nodes.ts';

const authorFields = ['author', 'atom:author', 'dc:creator', 'dc:author', 'itunes:author', 'googleplay:author'];
const feedFields = ['managingeditor', 'itunes:owner', 'webmaster', 'dc:publisher'];
const nameFields = ['name', 'atom:name', 'itunes:name', 'email', 'atom:email', 'itunes:email'];

/** The authors of an item by the best element that names any, joined by commas; null when none does. */
export function itemAuthor(fields: Fields): string | null {
  return (
    namesIn(fields, authorFields) ??
    // RFC 4287 section 4.2.1: an entry without author has those of the feed that it was taken from.
    joined(
      fields
        .of('source')
        .flatMap((source) => childrenOf(source, 'author'))
        .map(nameOf),
    ) ??
    joined(fields.of('media:credit').filter(isAuthor).map(nameOf))
  );
}

/** Those responsible for the feed. */
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

/** RSS writes `jo@example.org (Jo Doe)`, mail writes `Jo Doe <jo@example.org>`: the name is what is wanted. */
function withoutEmail(text: string): string {
  if (!text.includes('@') || text.length > 1000) return text;
  const rss = /^[^\s()<>]+@[^\s()<>]+\s*\(([^()]+)\)$/.exec(text)?.[1];
  const mail = /^"?([^"<>@]+)"?\s*<[^<>\s]+@[^<>\s]+>$/.exec(text)?.[1];
  return (rss ?? mail ?? text).trim();
}
