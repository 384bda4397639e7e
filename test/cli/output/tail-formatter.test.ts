import { describe, expect, it } from 'vitest';
import { TailFormatter } from '../../../src/cli/output/tail-formatter.ts';
import { textWidth } from '../../../src/cli/output/text-width.ts';
import type { ItemEvent } from '../../../src/client/client.ts';
import { toWireBody } from '../../../src/domain/events/wire-item.ts';
import { anItem } from '../../support/builders.ts';

/** In the local time zone, as in the output. */
const nowMs = new Date(2026, 2, 14, 15, 0, 0).getTime();
const seenMs = new Date(2026, 2, 14, 14, 3, 22).getTime();

function lines(columns: number | null = null): TailFormatter {
  return new TailFormatter(columns, () => nowMs);
}

function add(id: number, over: Parameters<typeof anItem>[1] = {}): ItemEvent {
  const item = { ...toWireBody(anItem(id, { firstSeenMs: seenMs, ...over })), page: `https://x.example/items/${id}` };
  return { op: 'add', seq: id, item };
}

function remove(id: number, url: string | null = `https://example.org/news/${id}`): ItemEvent {
  return { op: 'remove', seq: 1000 + id, item: { id, url } };
}

describe('a line of tail', () => {
  it('shows time, source, section and title in columns', () => {
    expect(lines().format(add(7))).toBe('   14:03:22  Example             World         Headline 7');
  });

  it('shows the date of an item that was first seen on another day', () => {
    const firstSeenMs = new Date(2026, 2, 9, 8, 5, 1).getTime();
    expect(lines().format(add(7, { firstSeenMs }))).toMatch(/^03-09 08:05 {2}Example/);
  });

  it('marks updates, and shows removals with their last title', () => {
    const tail = lines();
    tail.format(add(7));
    const edited = add(7, { title: 'Corrected' });
    if (edited.op === 'remove') throw new Error('no items');
    expect(tail.format({ ...edited, op: 'update', changed: ['title'] })).toMatch(/World {9}~ Corrected$/);
    expect(tail.format(remove(7))).toBe('             Example             World         - Corrected');
    expect(tail.format(remove(8))).toMatch(/- https:\/\/example\.org\/news\/8$/);
    expect(tail.format(remove(9, null))).toMatch(/- item 9$/);
  });

  it.each([200, 80, 60, 40, 14, 3])('fits a terminal of %i columns and shrinks the title last', (columns) => {
    const line = lines(columns).format(
      add(7, {
        title: '港町のニュース '.repeat(30),
        source: { ...anItem(1).source, title: 'A very long source name' },
      }),
    );
    expect(textWidth(line)).toBeLessThanOrEqual(Math.max(columns, 14));
    if (columns >= 80) expect(line).toContain('World');
    if (columns >= 40) expect(line).toContain('港町のニュース');
  });

  it('is aligned whatever its content', () => {
    const tail = lines(100);
    const titles = ['Plain', '日本', '👩‍👩‍👧 family', 'e\u0301'].map((title, index) =>
      tail.format(add(index, { source: { ...anItem(1).source, title }, title: 'T' })),
    );
    expect(new Set(titles.map((line) => textWidth(line))).size).toBe(1);
  });

  it('removes control characters, line breaks and overrides', () => {
    const evil = '\u001b]0;owned\u0007 a\r\nb \u202e c \u009b31m';
    const line = lines(120).format(
      add(1, { title: evil, section: evil, source: { ...anItem(1).source, title: evil } }),
    );
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(lines().format(remove(3, 'https://example.org/\u001b[2J'))).not.toContain('\u001b');
  });

  it('evicts the oldest titles', () => {
    const tail = lines();
    for (let id = 1; id <= 5001; id += 1) tail.format(add(id));
    expect(tail.format(remove(1))).toContain('https://');
    expect(tail.format(remove(2))).toContain('Headline 2');
  });
});
