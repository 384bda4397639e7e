import { describe, expect, it } from 'vitest';
import type { Markup } from '../../src/domain/parsed-feed.ts';
import { EntryBody } from '../../src/normalise/entry-body.ts';

const bases = ['https://feed.example/'];

function html(value: string): Markup {
  return { type: 'html', value };
}

/** What comes of a body, read piece by piece and at once. */
function both(item: { content: Markup | null; summary: Markup | null }): unknown[] {
  return [false, true].map((atOnce) => {
    const body = new EntryBody(item, bases);
    if (atOnce) body.expectAll();
    return { text: body.text, summary: body.summaryText, chars: body.chars, clean: body.clean() };
  });
}

describe('EntryBody', () => {
  const long = '<p onclick=x>The <b>longer</b> one &amp; more</p>';
  const clean = { html: '<p>The <b>longer</b> one &amp; more</p>', cut: false };
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
      { text: 'a < b', summary: 'b', chars: 5, clean: { html: 'a &lt; b', cut: false } },
    ],
    ['nothing', null, null, { text: '', summary: '', chars: 0, clean: { html: '', cut: false } }],
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
          cut: false,
        },
      },
    ],
  ];
  it.each(cases)('reads %s at once as it does piece by piece', (_, content, summary, expected) => {
    expect(both({ content, summary })).toEqual([expected, expected]);
  });
});
