import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParsedFeed } from '../../src/domain/items/parsed-feed.ts';
import { parseFeed } from '../../src/parse/parse-feed.ts';
import { fuzzRuns } from '../support/fuzz-runs.ts';
import { notesOf } from '../support/notes.ts';

const parse = (text: string | Uint8Array, contentType: string | null = null) =>
  parseFeed({ body: typeof text === 'string' ? new Uint8Array(Buffer.from(text)) : text, contentType });

async function feedOf(text: string | Uint8Array, contentType: string | null = null): Promise<ParsedFeed> {
  const result = await parse(text, contentType);
  if (result.kind !== 'parsed') throw new Error(result.detail);
  return result.feed;
}

const rss = (items: string) => `<rss version="2.0"><channel><title>Example</title>${items}</channel></rss>`;

describe('parseFeed on documents that are not feeds', () => {
  it.each([
    ['nothing', ''],
    ['white space', ' \r\n\t '],
    ['a byte order mark', '\ufeff'],
    ['NULs', '\0\0\0\0\0'],
  ])('reports %s as empty', async (_, text) => {
    expect(await parse(text)).toEqual({ kind: 'unreadable', failure: 'empty', detail: 'the document is empty' });
  });

  it.each([
    ['a page', '<!DOCTYPE html><html><head><title>Parked</title></head></html>'],
    ['words', 'Service unavailable'],
    ['other XML', '<?xml version="1.0"?><opml version="2.0"><body/></opml>'],
    ['only a comment, for which rss-parser never resolves', '<!-- nothing -->'],
    ['JSON that is not a feed', '{"error":"not found"}'],
    ['a list in JSON', '[1,2]'],
  ])('reports that %s is not a feed', async (_, text) => {
    expect(await parse(text)).toMatchObject({ kind: 'unreadable', failure: 'not_feed' });
  });

  it('reports a parse error for JSON that cannot be repaired', async () => {
    expect(await parse('{"version": tru')).toMatchObject({ failure: 'parse_error' });
  });

  it('returns details that are safe to print on a terminal', async () => {
    const result = await parse('<evil\u001b[31m\u202ename x>');
    expect(result).toMatchObject({ failure: 'not_feed' });
    expect(JSON.stringify(result)).not.toMatch(/\\u001b|\u202e/);
  });
});

describe('parseFeed on feeds', () => {
  it.each([
    ['RSS', rss('')],
    ['Atom', '<feed xmlns="http://www.w3.org/2005/Atom"/>'],
    ['an empty RSS element', '<rss/>'],
    ['RDF', '<rdf:RDF xmlns:rdf="x"><channel/></rdf:RDF>'],
    ['JSON', '{"version":"https://jsonfeed.org/version/1.1","items":[]}'],
  ])('reads %s without items', async (_, text) => {
    expect((await feedOf(text)).items).toEqual([]);
  });

  it('decodes by the Content-Type header', async () => {
    const body = new Uint8Array(Buffer.from(rss('<item><title>\xc9</title></item>'), 'latin1'));
    expect((await feedOf(body, 'text/xml; charset=windows-1251')).items[0]?.title?.value).toBe('Й');
  });

  it('lists each note of decoding and repair once', async () => {
    const body = new Uint8Array(
      Buffer.from(`<!DOCTYPE x>${rss('<item><title>a & \xe9 & b</title></item>')}`, 'latin1'),
    );
    expect((await feedOf(body)).notes).toEqual(notesOf('charset_guess', 'recovered', 'dtd_dropped'));
  });

  it('reads JSON of any content type, and XML served as JSON', async () => {
    const json = '{"version":"https://jsonfeed.org/version/1","title":"x"}';
    expect((await feedOf(json, 'text/html')).format).toBe('json1');
    expect((await feedOf(rss(''), 'application/json')).format).toBe('rss2');
  });

  it('keeps no state from one document to the next', async () => {
    const [first, , second] = await Promise.all([parse(rss('<item/>')), parse('<rss><'), parse(rss('<item/>'))]);
    expect(second).toEqual(first);
  });

  it('returns plain data that can be cloned between threads', async () => {
    const feed = await feedOf(rss('<item><title>x</title><georss:point>1 2</georss:point></item>'));
    expect(structuredClone(feed)).toEqual(feed);
  });

  it('does not modify the bytes of the document', async () => {
    const body = new Uint8Array(Buffer.from(rss('<item><title>a & b</title></item>')));
    const copy = body.slice();
    await parse(body);
    expect(body).toEqual(copy);
  });
});

describe('parseFeed on arbitrary input', () => {
  it('returns a result for any bytes and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(null, 'application/json', 'text/xml'),
        async (body, type) => {
          expect(['parsed', 'unreadable']).toContain((await parse(body, type)).kind);
        },
      ),
      { numRuns: fuzzRuns },
    );
  });

  it('finds every item of a plain feed, with its text', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((value) => /\p{L}/u.test(value));
    const escaped = (value: string) => value.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 8 }), async (titles) => {
        const { items } = await feedOf(
          rss(titles.map((title) => `<item><title>${escaped(title)}</title></item>`).join('')),
        );
        expect(items.map((item) => item.title?.value)).toEqual(titles.map((title) => title.trim()));
      }),
      { numRuns: fuzzRuns },
    );
  });

  it('keeps all complete items of a feed that was cut at any place', async () => {
    const items = Array.from(
      { length: 5 },
      (_, n) => `<item><guid>${n}</guid><description><![CDATA[<p>${n}]]></description></item>`,
    );
    const whole = rss(items.join('\n'));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 20, max: whole.length }), async (length) => {
        const cut = whole.slice(0, length);
        const feed = await feedOf(cut);
        const ends = cut.split('</item').length - 1;
        expect(feed.items.map((item) => item.guid)).toEqual(['0', '1', '2', '3', '4'].slice(0, ends));
      }),
      { numRuns: fuzzRuns },
    );
  });

  it('reads any JSON with items without changing Object.prototype', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), async (items) => {
        const feed = await feedOf(JSON.stringify({ version: 'https://jsonfeed.org/version/1', items }));
        expect(feed.items.length).toBeLessThanOrEqual(items.length);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: fuzzRuns },
    );
  });
});
