import { describe, expect, it } from 'vitest';
import { HeldTexts } from '../../src/parse/held-texts.ts';
import { parseFeed } from '../../src/parse/parse-feed.ts';

const long = 'word & <b>word</b> '.repeat(20);

async function itemsOf(xml: string) {
  const result = await parseFeed({ body: Buffer.from(xml), contentType: 'application/rss+xml' });
  if (result.kind !== 'parsed') throw new Error(result.detail);
  return result.feed.items;
}

const rss = (item: string) => `<rss version="2.0"><channel><title>t</title><item>${item}</item></channel></rss>`;

describe('held texts', () => {
  it('are put back wherever their tokens stand in a tree, among other text too', () => {
    const texts = new HeldTexts();
    const one = texts.hold(`${long}1`);
    const two = texts.hold(`${long}2`);
    const tree = { a: [`${one}`, { _: `before ${two} between ${one}`, $: { href: 'x' } }], b: null, c: 7 };
    texts.putBack([tree]);
    expect(tree).toEqual({
      ...{ a: [`${long}1`, { _: `before ${long}2 between ${long}1`, $: { href: 'x' } }], b: null, c: 7 },
    });
  });

  it('are long ones only', () => {
    expect(new HeldTexts().hold('short')).toBe(null);
  });

  it('stand for themselves: what looks like a replacement pattern in one is text', () => {
    const texts = new HeldTexts();
    const money = `$& $1 $$ ${long}`;
    const tree = { price: texts.hold(money) };
    texts.putBack([tree]);
    expect(tree.price).toBe(money);
  });

  it('come out of a document as they stand in its CDATA, joined with the text about them', async () => {
    const [item] = await itemsOf(rss(`<description>a &lt; <![CDATA[${long}]]> z</description>`));
    expect(item?.summary?.value).toBe(`a < ${long} z`);
  });

  it('come out of markup that nobody escaped, and out of a section that nobody closed', async () => {
    const [plain] = await itemsOf(rss(`<description>${'<p>one two three</p>'.repeat(20)}</description>`));
    expect(plain?.summary?.value).toBe('<p>one two three</p>'.repeat(20));
    const [open] = await itemsOf(rss(`<description><![CDATA[${long}</description><guid>1</guid>`));
    expect(open).toMatchObject({ guid: '1', summary: { value: long.trim() } });
  });

  it.each([
    '\ufffe0\ufffe',
    '&#65534;0&#65534;',
    '&#xFFFE;0&#xfffe;',
    '&amp;#65534;0&amp;#65534;',
  ])('cannot be called up by a document: %j', async (forged) => {
    const [item] = await itemsOf(
      rss(
        `<title>${forged}</title><guid isPermaLink="${forged}">g</guid><description><![CDATA[${long}]]></description>`,
      ),
    );
    expect(item?.title?.value).not.toContain('word');
    expect(item?.title?.value).toMatch(/^(?:&#65534;)?0(?:&#65534;)?$/);
    expect(item?.summary?.value).toBe(long.trim());
  });
});
