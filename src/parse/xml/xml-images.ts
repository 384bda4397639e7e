import type { ParsedEnclosure } from '../../domain/items/parsed-feed.ts';
import { attributeOf, childrenOf, type Fields, textOf, type XmlNode } from './xml-nodes.ts';

const namedImages = ['image', 'itunes:image', 'googleplay:image', 'logo', 'media:thumbnail', 'icon'];

/** The picture that stands for an item; null when none is named. */
export function itemImage(fields: Fields, enclosures: readonly ParsedEnclosure[]): string | null {
  return (
    addressOf(fields.of('media:content').find(isPicture)) ??
    firstAddress(fields, ['media:thumbnail']) ??
    enclosures.find((enclosure) => enclosure.type?.toLowerCase().startsWith('image/'))?.url ??
    firstAddress(fields, ['itunes:image', 'image', 'googleplay:image', 'thumbnail'])
  );
}

/** The picture that stands for a feed. */
export function feedImage(fields: Fields): string | null {
  return firstAddress(fields, namedImages);
}

function firstAddress(fields: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    for (const node of fields.of(name)) {
      const address = addressOf(node);
      if (address !== null) return address;
    }
  }
  return null;
}

function isPicture(node: XmlNode): boolean {
  const url = attributeOf(node, 'url');
  const kind = attributeOf(node, 'medium') ?? attributeOf(node, 'type');
  if (url === null || kind !== null) return url !== null && kind?.toLowerCase().startsWith('image') === true;
  return /\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)/i.test(url);
}

/** The address in an element's child `url`, an attribute or its text. RDF's `image` of a channel has only a reference. */
function addressOf(node: XmlNode | undefined): string | null {
  const inner = textOf(childrenOf(node, 'url')[0]);
  return inner || attributeOf(node, 'url') || attributeOf(node, 'href') || textOf(node) || null;
}
