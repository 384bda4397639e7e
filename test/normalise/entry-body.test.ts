import { describe, expect, it } from 'vitest';
import type { Markup } from '../../src/domain/items/parsed-feed.ts';
import { EntryBody } from '../../src/normalise/entry-body.ts';
import { startCpuTimer } from '../support/cpu-time.ts';

const bases = { content: ['https://feed.example/'], summary: ['https://feed.example/'] };

function html(value: string): Markup {
  return { type: 'html', value };
}

/** The results of a body, parsed separately or in one pass. */
function both(item: { content: Markup | null; summary: Markup | null }): unknown[] {
  return [false, true].map((atOnce) => {
    const body = new EntryBody(item, bases);
    if (atOnce) body.preload();
    return { text: body.text, summary: body.summaryText, chars: body.inputChars, clean: body.clean() };
  });
}

describe('EntryBody', () => {
  const long = '<p onclick=x>The <b>longer</b> one &amp; more</p>';
  const clean = { html: '<p>The <b>longer</b> one &amp; more</p>', truncated: false };
  const cases: [string, Markup | null, Markup | null, object][] = [
    [
      'a content alone',
      html(long),
      null,
      { text: 'The longer one & more', summary: 'The longer one & more', chars: long.length, clean },
    ],
    [
      'a content with a summary',
      html(long),
      html('<i>Short</i>'),
      { text: 'The longer one & more', summary: 'Short', chars: long.length, clean },
    ],
    [
      'a summary longer than the content',
      html('<i>Short</i>'),
      html(long),
      { text: 'The longer one & more', summary: 'The longer one & more', chars: long.length, clean },
    ],
    [
      'a content that is text',
      { type: 'text', value: 'a < b' },
      html('b'),
      { text: 'a < b', summary: 'b', chars: 5, clean: { html: 'a &lt; b', truncated: false } },
    ],
    ['nothing', null, null, { text: '', summary: '', chars: 0, clean: { html: '', truncated: false } }],
    [
      'a content with an embedded page',
      html('<iframe src=https://v.example/></iframe>t'),
      null,
      {
        text: 't',
        summary: 't',
        chars: 41,
        clean: {
          html: '<p><a href="https://v.example/" rel="noopener noreferrer nofollow ugc" referrerpolicy="no-referrer">v.example</a></p>t',
          truncated: false,
        },
      },
    ],
  ];
  it.each(cases)('reads %s in one pass with the same result as separately', (_, content, summary, expected) => {
    expect(both({ content, summary })).toEqual([expected, expected]);
  });
});

describe('a content with an embedded image of 1.5 MB', () => {
  const data = `data:image/png;base64,${'iVBORw0KGgo'.repeat(140_000)}`;
  const story = '<p>The text behind the picture.</p>';

  it.each([
    ['double quotes', `<img alt="" src="${data}">`],
    ['single quotes', `<img src='${data}'>`],
    ['no quotes', `<img src=${data}>`],
    ['a style', `<div style="background: url(${data})"></div>`],
    ['a srcset', `<img srcset="https://example.org/a.png 1x, ${data} 2x">`],
  ])('keeps the text after it, with the address in %s', (_, picture) => {
    for (const result of both({ content: html(picture + story), summary: null })) {
      expect(result).toMatchObject({ text: 'The text behind the picture.', clean: { truncated: false } });
      expect((result as { clean: { html: string } }).clean.html).toContain(story);
    }
  });

  it('does not count towards the input limit of its document', () => {
    const body = new EntryBody({ content: html(`<img src="${data}">${story}`), summary: null }, bases);
    expect(body.inputChars).toBeLessThan(100);
  });

  it('takes no longer for quotes that are never closed', () => {
    const open = '="data:'.repeat(200_000) + ' '.repeat(1_000_000);
    const spentMs = startCpuTimer();
    expect(new EntryBody({ content: html(open), summary: null }, bases).inputChars).toBe(open.length);
    expect(spentMs()).toBeLessThan(1_000);
  });
});
