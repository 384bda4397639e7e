import { attributeOf, type Fields, textOf, type XmlNode } from './xml-nodes.ts';

const single = ['category', 'atom:category', 'dc:subject', 'media:category', 'itunes:category'];
const lists = ['itunes:keywords', 'media:keywords', 'tags', 'keywords'];

/** The publisher's tags on an item, each once. */
export function categoriesOf(fields: Fields): readonly string[] {
  const found = new Set<string>();
  for (const node of fields.ofAll(single)) found.add(categoryOf(node));
  for (const node of fields.ofAll(lists)) {
    for (const keyword of categoryOf(node).split(',')) found.add(keyword.trim());
  }
  found.delete('');
  return [...found];
}

function categoryOf(node: XmlNode): string {
  return textOf(node) || (attributeOf(node, 'term') ?? attributeOf(node, 'label') ?? attributeOf(node, 'text') ?? '');
}
