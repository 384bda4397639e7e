import { rssDocument } from '../documents.ts';
import {
  afterGood,
  afterGoodDocument,
  type CaseContext,
  type ChaosCase,
  document,
  good,
  goodDocument,
  laterDocument,
  many,
  numbered,
  rss,
} from './chaos-case.ts';

const page = '<!doctype html><html><head><title>Parked</title></head><body><p>This name is for sale.</p></body></html>';

const stranger = rssDocument(
  { title: 'Cheap Watches', link: 'https://watches.example.com/' },
  many(5, String)
    .split('')
    .map((n) => ({
      guid: `watch-${n}`,
      title: `Watch ${n}`,
      link: `https://watches.example.com/${n}`,
      text: `Buy ${n}.`,
    })),
);

/** A document with declarations and one item more than the good one. */
function declared(declarations: string, title = 'Still here'): string {
  return laterDocument
    .replace('<rss', `${declarations}<rss`)
    .replace('<title>Story 4 of the herald</title>', `<title>${title}</title>`);
}

const laughs = many(20, (n) => `<!ENTITY a${n} "${`&a${n - 1};`.repeat(10)}">`);
const longEntity = `<!DOCTYPE rss [<!ENTITY a "${'a'.repeat(50_000)}">]>`;

function lured({ canary }: CaseContext, declarations: string, title: string) {
  return [good, document(declared(declarations.replaceAll('CANARY', canary.url), title))];
}

function nested(count: number): string {
  return rss(`${numbered(4)}${'<a>'.repeat(count)}${'</a>'.repeat(count)}`);
}

/** Forty items, truncated within the thirty-first, without a Content-Length that would show it. */
const cut = ((): string => {
  const whole = rss(many(40, numbered));
  return whole.slice(0, whole.indexOf('Number 31'));
})();

const badBytes = Buffer.concat([
  Buffer.from(laterDocument.slice(0, laterDocument.indexOf('Story 4'))),
  Buffer.from('D\u00e9j\u00e0 lu \u00e0 S\u00e8te, \u00e0 Besan\u00e7on, \u00e0 Orl\u00e9ans, \u00e0 N\u00eemes '),
  Buffer.from([0xff, 0xfe, 0xc3, 0x28]),
  Buffer.from('\0\x01'),
  // A lone surrogate as some programs write it.
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from(laterDocument.slice(laterDocument.indexOf('Story 4'))),
]);

/** The later document with this title, in an encoding and with a label. */
function titled(title: string, label: string): string {
  return laterDocument.replace('encoding="utf-8"', `encoding="${label}"`).replace('Story 4 of the herald', title);
}

/** RSS with the default namespace of Atom. */
const atomNamespace = laterDocument.replace('<rss ', '<rss xmlns="http://www.w3.org/2005/Atom" ');

/** Documents that are not feeds, belong to another publisher, or exceed what they may use. */
export const documentCases: Readonly<Record<string, ChaosCase>> = {
  H40: {
    what: '200 with a parked page',
    variants: {
      parked: afterGoodDocument(page, { 'Content-Type': 'text/html' }),
      'as a feed': afterGoodDocument(page),
    },
  },
  H41: {
    what: '200 with an empty body',
    variants: {
      empty: afterGoodDocument(''),
      'only a BOM': afterGoodDocument('\ufeff'),
      'only spaces': afterGoodDocument(' \n\t '.repeat(50)),
    },
  },
  H42: { what: 'a valid feed without items', variants: { empty: afterGoodDocument(rss('')) } },
  H43: { what: 'another feed: another title, other guids', variants: { hijacked: afterGoodDocument(stranger) } },
  H44: {
    what: 'entities that expand exponentially',
    variants: {
      'billion laughs': afterGoodDocument(declared(`<!DOCTYPE rss [<!ENTITY a0 "ha">${laughs}]>`, '&a20;')),
      'quadratic blow-up': afterGoodDocument(declared(longEntity, '&a;'.repeat(50_000))),
      '5,000 declarations': afterGoodDocument(declared('<!DOCTYPE a [<!ENTITY b "c">]>'.repeat(5_000))),
    },
  },
  H45: {
    what: 'external entities and references',
    variants: {
      entity: (place) => lured(place, '<!DOCTYPE rss [<!ENTITY x SYSTEM "CANARY/entity">]>', 'Got: &x;'),
      'parameter entity': (place) =>
        lured(place, '<!DOCTYPE rss [<!ENTITY % x SYSTEM "CANARY/dtd"> %x;]>', 'Still here'),
      'external DTD': (place) => lured(place, '<!DOCTYPE rss SYSTEM "CANARY/rss.dtd">', 'Still here'),
      XInclude: (place) =>
        lured(place, '', `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="${place.canary.url}/x"/>Here`),
      'style sheet': (place) =>
        lured(place, '<?xml-stylesheet href="CANARY/style.xsl" type="text/xsl"?>', 'Still here'),
    },
  },
  H46: {
    what: 'a redefined predefined entity',
    variants: {
      shadow: afterGoodDocument(
        declared(
          '<!DOCTYPE rss [<!ENTITY lt "<script>"><!ENTITY l. "<img src=x onerror=alert(1)>">]>',
          '1 &lt; 2 &amp; 3',
        ),
      ),
    },
  },
  H47: { what: '100,000 nested elements', variants: { nested: () => [good, document(nested(100_000))] } },
  H48: {
    what: 'an unlimited number of tags',
    variants: {
      'a million attributes': () => [good, document(rss(`<a ${many(1_000_000, (n) => `a${n.toString(36)}="" `)}/>`))],
      'an attribute of 5 MB': () => [good, document(rss(`<a b="${'x'.repeat(5_000_000)}"/>`))],
      'a name of 5 MB': () => [good, document(rss(`<${'a'.repeat(5_000_000)}/>`))],
    },
  },
  H49: {
    what: 'a document truncated after item 30 of 40',
    variants: { cut: afterGood({ raw: `HTTP/1.1 200 OK\r\nConnection: close\r\nETag: "cut"\r\n\r\n${cut}` }) },
  },
  H50: { what: 'bytes that are not text', variants: { bytes: afterGoodDocument(badBytes) } },
  H51: {
    what: 'wrong charset labels',
    variants: {
      'iso-8859-1 with C1': afterGoodDocument(Buffer.from(titled('\x93Quoted\x94 \xe9', 'iso-8859-1'), 'latin1')),
      'UTF-16 without BOM': afterGoodDocument(Buffer.from(titled('Caf\u00e9 \u20ac', 'utf-16'), 'utf16le')),
      'UTF-7': afterGoodDocument(titled('+ADw-b+AD4- Caf\u00e9', 'utf-7')),
    },
  },
  H52: {
    what: 'known elements in unexpected places or namespaces',
    variants: {
      'XML 1.1': afterGoodDocument(laterDocument.replace('version="1.0"', 'version="1.1"')),
      'wrong namespace': afterGoodDocument(
        `<feed xmlns="http://example.org/not-atom"><title>Example Herald</title><entry><id>n-4</id><title>Number 4</title></entry></feed>`,
      ),
      'RSS in Atom': afterGoodDocument(atomNamespace),
      'odd case': afterGoodDocument(
        goodDocument.replace(
          /<(\/?)(item|title|link|guid)/g,
          (_, slash: string, name: string) => `<${slash}${name.toUpperCase()}`,
        ),
      ),
    },
  },
};
