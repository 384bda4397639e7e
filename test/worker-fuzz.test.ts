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

/** Tokens that change how everything after them is parsed. */
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

/** One damage: bytes removed at a place and others inserted. `at` is a share of the length. */
interface Damage {
  readonly at: number;
  readonly drop: number;
  readonly put: Uint8Array;
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const piece = fc
  .tuple(fc.constantFrom(...documents), share, fc.nat(80))
  .map(([body, at, length]) => slice(body, at, length));
const damage: fc.Arbitrary<Damage> = fc.record({
  at: share,
  drop: fc.oneof(fc.constant(0), fc.nat(4), fc.nat(200)),
  put: fc.oneof(fc.constant(new Uint8Array()), fc.constantFrom(...tokens), piece, fc.uint8Array({ maxLength: 3 })),
});
const damagedFeed = fc
  .tuple(fc.constantFrom(...documents), fc.array(damage, { minLength: 1, maxLength: 5 }))
  .map(([body, damages]) => damages.reduce(applyDamage, body));
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

function applyDamage(body: Uint8Array, { at, drop, put }: Damage): Uint8Array {
  const start = Math.floor(at * body.length);
  return new Uint8Array(Buffer.concat([body.subarray(0, start), put, body.subarray(start + drop)]));
}

/** The violations of what the store and the pages require of a draft; empty when it is valid. */
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

async function normalise(
  body: Uint8Array,
  type: string | null,
  known: Record<string, string> = {},
): Promise<NormalisedFeed | null> {
  const normalised = await normaliseDocument({ body, contentType: type, options: plainOptions({ known }) });
  expect(['normalised', 'unreadable']).toContain(normalised.kind);
  return normalised.kind === 'normalised' ? normalised : null;
}

describe('the test oracle for drafts', () => {
  it('detects every fault', () => {
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

describe('a damaged feed', () => {
  it(
    'never yields a draft that the store or the pages do not accept',
    async () => {
      await fc.assert(
        fc.asyncProperty(damagedFeed, contentType, async (body, type) => {
          const normalised = await normalise(body, type);
          expect(normalised?.drafts.flatMap(faultsOf) ?? []).toEqual([]);
          expect(structuredClone(normalised)).toEqual(normalised);
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'yields no new item when it is read again',
    async () => {
      await fc.assert(
        fc.asyncProperty(damagedFeed, async (body) => {
          const first = await normalise(body, null);
          if (first === null) return;
          const known = Object.fromEntries(first.drafts.map((draft) => [draft.entryKey, draft.contentHash]));
          expect(await normalise(body, null, known)).toMatchObject({ drafts: [] });
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );

  it(
    'is described if and only if it can be normalised, with at least as many entries',
    async () => {
      await fc.assert(
        fc.asyncProperty(damagedFeed, contentType, async (body, type) => {
          const normalised = await normalise(body, type);
          const described = await describeDocument({ body, contentType: type, url: 'https://feeds.example/rss.xml' });
          expect(described.kind === 'described').toBe(normalised !== null);
          if (described.kind !== 'described' || normalised === null) return;
          expect(described.entries.length).toBeGreaterThanOrEqual(normalised.drafts.length);
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
