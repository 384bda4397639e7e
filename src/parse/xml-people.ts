import { childrenOf, type Fields, textOf, type XmlNode } from './xml-nodes.ts';

const authorFields = [
  'author',
  'atom:author',
  'dc:creator',
  'dc:author',
  'itunes:author',
  'googleplay:author',
  'media:credit',
  'dc:contributor',
  'managingeditor',
  'itunes:owner',
  'dc:publisher',
];

/** The authors by the best element that names any, joined by commas; null when none does. */
export function authorOf(fields: Fields): string | null {
  for (const field of authorFields) {
    const names = (fields.get(field) ?? []).map(personOf).filter((name) => name !== '');
    if (names.length > 0) return [...new Set(names)].join(', ');
  }
  return null;
}

function personOf(node: XmlNode): string {
  for (const part of ['name', 'atom:name', 'itunes:name', 'email', 'itunes:email']) {
    const text = textOf(childrenOf(node, part)[0]);
    if (text !== '') return text;
  }
  return withoutAddress(textOf(node));
}

/** RSS writes `jo@example.org (Jo Doe)`, mail writes `Jo Doe <jo@example.org>`: the name is what is wanted. */
function withoutAddress(text: string): string {
  const rss = /^[^\s()<>]+@[^\s()<>]+\s*\(([^()]+)\)$/.exec(text)?.[1];
  const mail = /^"?([^"<>@]+?)"?\s*<[^<>\s]+@[^<>\s]+>$/.exec(text)?.[1];
  return (rss ?? mail ?? text).trim();
}
