import { vectors } from '../../fixtures/markup/vectors.ts';
import { escapeXml } from '../documents.ts';
import type { Reply } from '../origin.ts';
import {
  afterGoodDocument,
  type CaseContext,
  type ChaosCase,
  document,
  good,
  goodDocument,
  many,
  numbered,
  rss,
} from './chaos-case.ts';

/** Responses made from the number of the request, from 1. */
function edition(make: (n: number) => string, headers: (n: number) => Record<string, string> = () => ({})): Reply {
  let asked = 0;
  return () => {
    asked += 1;
    return document(make(asked), headers(asked));
  };
}

const dated = (n: number, date: string): string => numbered(n, `<pubDate>${date}</pubDate>`);
const text = (n: number, words: string): string => numbered(n, `<description>${escapeXml(words)}</description>`);
const titled = (title: string): string =>
  `<item><guid isPermaLink="false">titled</guid><title>${title}</title><link>https://herald.example.org/titled</link></item>`;
const linked = (n: number, link: string): string =>
  `<item><guid isPermaLink="false">linked-${n}</guid><title>Linked ${n}</title><link>${link}</link><description>Text ${n}</description></item>`;
const withGuid = (guid: string, n: number): string =>
  `<item><guid isPermaLink="false">${guid}</guid><title>Guid ${n}</title><link>https://herald.example.org/guid/${n}</link><description>Text ${n}</description></item>`;

const alike = rss(many(10, (n) => withGuid('always-this', n)));

const enclosures = ({ canary }: CaseContext): string =>
  numbered(
    1,
    [
      `<enclosure url="${canary.url}/private.mp3" length="-1" type="audio/mpeg"/>`,
      '<enclosure url="https://herald.example.org/a.mp3" length="1e30" type="text/html"/>',
      '<enclosure url="javascript:alert(1)" length="1" type="audio/mpeg"/>',
    ].join(''),
  );

const pictures = ({ canary }: CaseContext): string =>
  rss(
    numbered(
      1,
      `<media:thumbnail xmlns:media="http://search.yahoo.com/mrss/" url="${canary.url}/item.svg"/><description>${escapeXml(`<img src="${canary.url}/in-text.svg">Text`)}</description>`,
    ),
    `<image><url>${canary.url}/icon.svg</url></image><atom:icon xmlns:atom="http://www.w3.org/2005/Atom">${canary.url}/favicon.ico</atom:icon>`,
  );

const history = 'xmlns:fh="http://purl.org/syndication/history/1.0"';
const atomLink = (rel: string, href: string): string =>
  `<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="${rel}" href="${href}"/>`;

/** Items without limits, with invalid fields or with hostile content. */
export const itemCases: Readonly<Record<string, ChaosCase>> = {
  H53: {
    what: '50,000 items',
    variants: { flood: () => [good, document(rss(many(50_000, (n) => text(n, 'Flood'))))] },
  },
  H54: {
    what: '500 new guids at each poll',
    variants: {
      endless: () => [
        edition(
          (n) => rss(many(500, (at) => numbered(n * 1_000 + at))),
          (n) => ({ ETag: `"${n}"` }),
        ),
      ],
    },
  },
  H55: {
    what: 'all items dated 2099',
    variants: { future: afterGoodDocument(rss(many(5, (n) => dated(n, 'Tue, 01 Dec 2099 12:00:00 GMT')))) },
  },
  H56: {
    what: 'invalid dates',
    variants: {
      dates: afterGoodDocument(
        rss(
          numbered(1) +
            dated(2, 'Thu, 01 Jan 1970 00:00:00 GMT') +
            dated(3, 'yesterday') +
            dated(4, '31 Feb 2026 10:00:00 GMT'),
        ),
      ),
    },
  },
  H57: {
    what: 'the same guid on all items',
    variants: {
      same: () => [document(alike), document(`${alike}<!-- again -->`)],
    },
  },
  H58: {
    what: "another source's guid",
    variants: { stolen: afterGoodDocument(rss(withGuid('sibling-1', 1) + withGuid('sibling-2', 2))) },
  },
  H59: {
    what: 'unusable guids',
    variants: {
      guids: () => [
        good,
        document(
          rss(
            withGuid('g'.repeat(1_000_000), 1) +
              withGuid('a\x01b\x1bc', 2) +
              withGuid('__proto__', 3) +
              withGuid('constructor', 4),
          ),
        ),
      ],
    },
  },
  H60: {
    what: 'a text with a counter in it',
    variants: {
      counter: () => [
        edition(
          (n) => rss(text(1, `Read ${n} times`)),
          (n) => ({ ETag: `"${n}"` }),
        ),
      ],
    },
  },
  H61: {
    what: 'items that vanish and return',
    variants: { tides: () => [good, document(rss('')), document(`${goodDocument}<!-- again -->`)] },
  },
  H62: {
    what: 'links with script URLs',
    variants: {
      links: afterGoodDocument(
        rss(
          ['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'java\nscript:alert(1)', 'file:///etc/passwd']
            .map((link, n) => linked(n, link))
            .join(''),
        ),
      ),
    },
  },
  H63: {
    what: 'titles with markup and control characters',
    variants: {
      terminal: afterGoodDocument(rss(titled('a\x1b]52;c;cm0gLXJm\x07b&#x1b;[31mc'))),
      'turned around': afterGoodDocument(rss(titled('user\u202egnp.exe\u2066x\u200bz\u200d'))),
      stacked: afterGoodDocument(rss(titled(`Z${'\u0301'.repeat(100_000)}algo`))),
    },
  },
  H64: {
    what: 'every way to run script in a reader',
    variants: {
      vectors: () => [good, document(rss(many(vectors.length, (n) => text(n, vectors[n - 1]?.html ?? ''))))],
    },
  },
  H65: {
    what: 'unlimited content',
    variants: {
      '9 MB of text': () => [good, document(rss(text(1, 'long words '.repeat(800_000))))],
      '20 MB of text': () => [good, document(rss(text(1, 'long words '.repeat(1_900_000))))],
      '20,000 nested divs': () => [
        good,
        document(rss(text(1, `${'<div>'.repeat(20_000)}deep${'</div>'.repeat(20_000)}`))),
      ],
      '5,000 attributes': () => [good, document(rss(text(1, `<p ${many(5_000, (n) => `data-${n}="x" `)}>wide</p>`)))],
    },
  },
  H66: {
    what: 'invalid enclosures',
    variants: { enclosures: (place) => [good, document(rss(enclosures(place)))] },
  },
  H67: {
    what: 'images that are decompression bombs',
    variants: { pictures: (place) => [good, document(pictures(place))] },
  },
  H69: {
    what: 'endless archives, and archives at private addresses',
    variants: {
      loop: (place) => [good, document(rss(numbered(1), atomLink('prev-archive', place.url)))],
      pages: ({ url, path, origin }) => {
        const page = (n: number) =>
          document(rss(numbered(1_000 + n), atomLink('prev-archive', `${url}/old?n=${n + 1}`)));
        origin.on(`${path}/old`, (request) => page(Number(request.path.split('n=').at(-1))));
        return [good, document(rss(numbered(1), atomLink('prev-archive', `${url}/old?n=1`)))];
      },
      private: () => [good, document(rss(numbered(1), atomLink('next', 'http://169.254.169.254/archive')))],
    },
  },
  H70: {
    what: 'a complete feed with one item once, then all 40 again',
    variants: {
      shrunk: () => [
        document(rss(many(40, numbered), `<fh:complete ${history}/>`)),
        document(rss(numbered(1), `<fh:complete ${history}/>`)),
        document(rss(many(40, numbered), `<fh:complete ${history}/><!-- again -->`)),
      ],
    },
  },
  H71: {
    what: 'self and hub links that point elsewhere',
    variants: {
      links: ({ canary }) => [
        good,
        document(rss(numbered(1), atomLink('self', `${canary.url}/self`) + atomLink('hub', `${canary.url}/hub`))),
      ],
    },
  },
};
