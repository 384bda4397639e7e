import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ItemDraft, NormalisedFeed } from '../src/domain/items/item.ts';
import { describeDocument, normaliseDocument } from '../src/worker.ts';
import { findForbidden } from './normalise/html/forbidden-html.ts';
import { fuzzRuns } from './support/fuzz-runs.ts';
import { nowMs, plainOptions } from './support/parsed-feed.ts';

const folder = fileURLToPath(new URL('./fixtures/feeds/', import.meta.url));
const documents = readdirSync(folder)
  .filter((name) => !name.endsWith('.expected.json'))
  .map((name) => new Uint8Array(readFileSync(`${folder}${name}`)));
const fuzzTimeoutMs = 10_000 + 100 * fuzzRuns;

/** What changes the meaning of all that follows it. */
const tokens = [
  ...[
    '<',
    '>',
    '&',
    '"',
    "'",
    '/',
    ']]>',
    '<![CDATA[',
    '<!--',
    '-->',
    '<?',
    '<!DOCTYPE x [',
    '{',
    '}',
    '[',
    ',',
    '\\u',
  ],
  ...[
    '\0',
    '\ufeff',
    '\ud83d',
    '\u202e',
    '\u2028',
    '&#0;',
    '&#x110000;',
    '&lt;script&gt;',
    '<script>',
    '<item>',
    '</item>',
  ],
  ...[
    '<entry>',
    '<guid>',
    '<pubDate>2099-01-01</pubDate>',
    '<link>javascript:x</link>',
    ' xml:base="http://["',
    '<a:b>',
  ],
].map((token) => Buffer.from(token));

/** One wound: so much taken out at a place, and something put in. Places are shares of the length. */
interface Wound {
  readonly at: number;
  readonly drop: number;
  readonly put: Uint8Array;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const piece = fc
  .tuple(fc.constantFrom(...documents), share, fc.nat(80))
  .map(([body, at, length]) => slice(body, at, length));
const wound: fc.Arbitrary<Wound> = fc.record({
  at: share,
  drop: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(200)),
  put: fc.oneof(fc.constant(new Uint8Array()), fc.constantFrom(...tokens), piece, fc.uint8Array({ maxLength: 3 })),
});
const wounded = fc
  .tuple(fc.constantFrom(...documents), fc.array(wound, { minLength: 1, maxLength: 5 }))
  .map(([body, wounds]) => wounds.reduce(strike, body));
const contentType = fc.constantFrom(
  null,
  'text/xml',
  'application/json',
  'text/html; charset=utf-16',
  'x; charset=gb18030',
);

function slice(body: Uint8Array, at: number, length: number): Uint8Array {
  const start = Math.floor(at * body.length);
  return body.subarray(start, start + length);
}

function strike(body: Uint8Array, { at, drop, put }: Wound): Uint8Array {
  const start = Math.floor(at * body.length);
  return new Uint8Array(Buffer.concat([body.subarray(0, start), put, body.subarray(start + drop)]));
}

/** Everything about a draft that the store and the pages could not bear; empty when it is sound. */
function faultsOf(draft: ItemDraft): string[] {
  const texts = [draft.title, draft.summary, draft.author ?? '', ...draft.categories];
  const urls = [draft.url, draft.imageUrl, draft.canonicalUrl, ...draft.enclosures.map((part) => part.url)];
  const dates = [draft.publishedMs, draft.updatedMs].filter((ms) => ms !== null);
  return [
    ...findForbidden(draft.contentHtml),
    ...(/^[gld][0-9a-f]{40}$/.test(draft.entryKey) ? [] : ['entry key']),
    ...(draft.title.trim() === '' ? ['empty title'] : []),
    ...(texts.every((text) => text.isWellFormed() && !/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text)) ? [] : ['text']),
    ...(urls.every((url) => url === null || /^https?:\/\/[^\s<>"]+$/.test(url)) ? [] : ['address']),
    ...(dates.every((ms) => ms >= Date.UTC(1990) && ms <= nowMs + 86_400_000) ? [] : ['date']),
  ];
}

async function digest(
  body: Uint8Array,
  type: string | null,
  known: Record<string, string> = {},
): Promise<NormalisedFeed | null> {
  const digested = await normaliseDocument({ body, contentType: type, options: plainOptions({ known }) });
  expect(['normalised', 'unreadable']).toContain(digested.kind);
  return digested.kind === 'normalised' ? digested : null;
}

describe('the judge of drafts', () => {
  it('finds every fault', () => {
    const bad = {
      contentHtml: '<p onclick="x"></p>',
      entryKey: 'x',
      title: ' ',
      summary: '\u0007',
      author: null,
      categories: [],
      url: 'javascript:x',
      imageUrl: null,
      canonicalUrl: null,
      enclosures: [],
      publishedMs: 0,
      updatedMs: null,
    } as unknown as ItemDraft;
    expect(faultsOf(bad)).toEqual([expect.any(String), 'entry key', 'empty title', 'text', 'address', 'date']);
  });
});

describe('a feed that was damaged on the way', () => {
  it(
    'never yields anything that the store or the pages could not bear',
    async () => {
      await fc.assert(
        fc.asyncProperty(wounded, contentType, async (body, type) => {
          const digested = await digest(body, type);
          expect(digested?.drafts.flatMap(faultsOf) ?? []).toEqual([]);
          expect(structuredClone(digested)).toEqual(digested);
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'is the same feed when it is read again: no item is new',
    async () => {
      await fc.assert(
        fc.asyncProperty(wounded, async (body) => {
          const first = await digest(body, null);
          if (first === null) return;
          const known = Object.fromEntries(first.drafts.map((draft) => [draft.entryKey, draft.contentHash]));
          expect(await digest(body, null, known)).toMatchObject({ drafts: [] });
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'can be described when it can be digested, with the same number of entries',
    async () => {
      await fc.assert(
        fc.asyncProperty(wounded, contentType, async (body, type) => {
          const digested = await digest(body, type);
          const described = await describeDocument({ body, contentType: type, url: 'https://feeds.example/rss.xml' });
          expect(described.kind === 'described').toBe(digested !== null);
          if (described.kind !== 'described' || digested === null) return;
          expect(described.entries.length).toBeGreaterThanOrEqual(digested.drafts.length);
          expect(
            described.entries.flatMap((entry) => findForbidden(`${entry.summary ?? ''}${entry.content ?? ''}`)),
          ).toEqual([]);
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );
});
