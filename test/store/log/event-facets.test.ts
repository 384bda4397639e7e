import { describe, expect, it } from 'vitest';
import { facetsOf, toWireBody } from '../../../src/domain/events/wire-item.ts';
import type { Item } from '../../../src/domain/items/item.ts';
import { packFacets, unpackFacets } from '../../../src/store/log/event-log.ts';
import { anItem } from '../../support/builders.ts';

function item(part: Partial<Item> = {}): Item {
  return anItem(7, {
    contentHtml: '<p>Ships &amp; boats <b>moor</b> there.</p>',
    author: 'A. Writer',
    alsoIn: [{ id: 'paper', title: 'Paper' }],
    sections: ['World', 'Science'],
    categories: ['Ports'],
    ...part,
  });
}

function throughTheLog(given: Item): { packed: string; read: ReturnType<typeof unpackFacets> } {
  const body = toWireBody(given);
  const packed = packFacets(given, body);
  return { packed, read: unpackFacets(packed, JSON.stringify(body)) };
}

describe('the facets of an event', () => {
  it.each([
    ['an item with everything', item()],
    ['an item without text', item({ contentHtml: '', summary: '', author: null })],
    ['an item whose text is too long for the wire', item({ contentHtml: `<p>${'mooring '.repeat(6000)}</p>` })],
  ])('are restored unchanged for %s', (_, given) => {
    const { sections, sources, categories, language, sortMs, text } = throughTheLog(given).read;
    expect({ sections, sources, categories, language, sortMs, text }).toEqual(facetsOf(given));
  });

  it('do not repeat the text that the body contains', () => {
    expect(throughTheLog(item()).packed).not.toContain('moor');
  });

  it('contain the text when the body omits it', () => {
    expect(throughTheLog(item({ contentHtml: `<p>${'mooring '.repeat(6000)}</p>` })).packed).toContain('mooring');
  });

  it('contain the text of a removed item, whose body is its id', () => {
    const packed = packFacets(item(), null);
    expect(unpackFacets(packed, '{"id":7,"url":null}').text).toContain('moor');
  });
});
