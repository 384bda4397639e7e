import { describe, expect, it } from 'vitest';
import { MostRead } from '../../../../src/web/views/items/most-read-view.tsx';
import type { PageContext } from '../../../../src/web/views/layout/page-context.ts';
import { makeLinks } from '../../../../src/web/views/layout/view-links.ts';
import { anItem } from '../../../support/builders.ts';

const frame = { links: makeLinks('https://example.org', 'v1') } as PageContext;
const entry = (id: number, reads: number) => ({ item: anItem(id, { title: `<b>${id}</b>` }), reads });

describe('MostRead', () => {
  it('lists the day, and the week below it', () => {
    const html = String(<MostRead lists={{ day: [entry(1, 1)], week: [entry(2, 676)] }} context={frame} />);
    expect(html).toMatch(/href="\/items\/1"[^>]*>&lt;b&gt;1&lt;\/b&gt;<\/a> <span[^>]*>1 read</);
    expect(html).toMatch(/<details><summary>Last seven days<\/summary>.*676 reads/);
  });

  it('opens the list of the week when the list of the day is empty', () => {
    expect(String(<MostRead lists={{ day: [], week: [entry(2, 3)] }} context={frame} />)).toContain('<details open');
  });

  it('renders nothing when both lists are empty', () => {
    expect(String(<MostRead lists={{ day: [], week: [] }} context={frame} />)).toBe('');
  });
});
