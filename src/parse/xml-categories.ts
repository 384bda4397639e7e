import { attributeOf, type Fields, textOf, type XmlNode } from './xml-nodes.ts';

const single = ['category', 'atom:category', 'dc:subject', 'media:category', 'itunes:category'];
const lists = ['itunes:keywords', 'media:keywords', 'tags', 'keywords'];

/** The publisher's tags on an item, in document order, each once. */
export function categoriesOf(fields: Fields): readonly string[] {
  const found = [
    ...single.flatMap((name) => fields.get(name) ?? []).map(categoryOf),
    ...lists.flatMap((name) => fields.get(name) ?? []).flatMap((node) => categoryOf(node).split(',')),
  ];
  return [...new Set(found.map((category) => category.trim()).filter((category) => category !== ''))];
}

function categoryOf(node: XmlNode): string {
  return textOf(node) || (attributeOf(node, 'term') ?? attributeOf(node, 'label') ?? attributeOf(node, 'text') ?? '');
}
