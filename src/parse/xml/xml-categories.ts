import { attributeOf, type Fields, textOf, type XmlNode } from './xml-nodes.ts';

const single = ['category', 'atom:category', 'dc:subject', 'media:category', 'itunes:category'];
const lists = ['itunes:keywords', 'media:keywords', 'tags', 'keywords'];

/** The categories of an item, each once. */
export function categoriesOf(fields: Fields): readonly string[] {
  const one = fields.ofAll(single);
  const several = fields.ofAll(lists);
  if (one.length === 0 && several.length === 0) return [];
  const found = new Set(one.map(categoryOf));
  for (const node of several) {
    for (const keyword of categoryOf(node).split(',')) found.add(keyword.trim());
  }
  found.delete('');
  return [...found];
}

function categoryOf(node: XmlNode): string {
  return textOf(node) || (attributeOf(node, 'term') ?? attributeOf(node, 'label') ?? attributeOf(node, 'text') ?? '');
}
