import type { ParsedEnclosure } from '../../domain/items/parsed-feed.ts';
import { attributeOf, childrenOf, type Fields, textOf, type XmlNode } from './xml-nodes.ts';

const namedImages = ['image', 'itunes:image', 'googleplay:image', 'logo', 'media:thumbnail', 'icon'];

/** The image of an item; null if it declares none. */
export function itemImage(fields: Fields, enclosures: readonly ParsedEnclosure[]): string | null {
  return (
    addressOf(fields.of('media:content').find(isPicture)) ??
    firstAddress(fields, ['media:thumbnail']) ??
    enclosures.find((enclosure) => enclosure.type?.toLowerCase().startsWith('image/'))?.url ??
    firstAddress(fields, ['itunes:image', 'image', 'googleplay:image', 'thumbnail'])
  );
}

/** The image of a feed; null if it declares none. */
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

/** The URL in a child element `url`, an attribute or the text. The `image` of an RDF channel is only a reference. */
function addressOf(node: XmlNode | undefined): string | null {
  const inner = textOf(childrenOf(node, 'url')[0]);
  return inner || attributeOf(node, 'url') || attributeOf(node, 'href') || textOf(node) || null;
}
