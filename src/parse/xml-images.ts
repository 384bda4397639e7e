import { enclosuresOf, mediaOf } from './xml-links.ts';
import { attributeOf, childrenOf, type Fields, textOf, type XmlNode } from './xml-nodes.ts';

/** The picture that stands for an item; null when none is named. */
export function itemImage(fields: Fields): string | null {
  const media = mediaOf(fields);
  const thumbnails = [
    ...(fields.get('media:thumbnail') ?? []),
    ...[...media, ...(fields.get('media:group') ?? [])].flatMap((node) => childrenOf(node, 'media:thumbnail')),
  ];
  return (
    addressOf(media.find(isPicture)) ??
    addressOf(thumbnails[0]) ??
    enclosuresOf(fields).find((enclosure) => enclosure.type?.startsWith('image/'))?.url ??
    namedImage(fields) ??
    addressOf(fields.get('thumbnail')?.[0])
  );
}

/** The picture that stands for a feed. */
export function feedImage(fields: Fields): string | null {
  return (
    namedImage(fields) ?? addressOf(fields.get('logo')?.[0]) ?? addressOf(fields.get('media:thumbnail')?.[0]) ?? null
  );
}

function namedImage(fields: Fields): string | null {
  for (const name of ['image', 'itunes:image', 'googleplay:image']) {
    for (const node of fields.get(name) ?? []) {
      const address = addressOf(node);
      if (address !== null) return address;
    }
  }
  return null;
}

function isPicture(node: XmlNode): boolean {
  const type = attributeOf(node, 'type') ?? attributeOf(node, 'medium') ?? '';
  return type.toLowerCase().startsWith('image') && attributeOf(node, 'url') !== null;
}

function addressOf(node: XmlNode | undefined): string | null {
  const inner = textOf(childrenOf(node, 'url')[0]);
  return inner || attributeOf(node, 'url') || attributeOf(node, 'href') || textOf(node) || null;
}
