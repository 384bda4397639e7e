import { describe, expect, it } from 'vitest';
import { everything } from '../../../src/domain/events/filter.ts';
import type { WireEvent } from '../../../src/domain/events/wire.ts';
import { FacetCache } from '../../../src/push/fanout/event-filter.ts';
import { createStepCache, type Encoding, FilterGroup, frameEvent } from '../../../src/push/fanout/frames.ts';
import { logEvent } from '../../support/push/memory-log.ts';

/** Encodes deliveries as JSON that a test can read, and counts its calls. */
function readableEncoding(name = 'test') {
  const made = { count: 0 };
  const encoding: Encoding = {
    name,
    encode({ ch, epoch, events }) {
      made.count += 1;
      return Buffer.from(
        `{"ch":"${ch}","epoch":"${epoch}","events":[${events.map(({ jsonTail }) => `{${jsonTail}`).join(',')}]}`,
      );
    },
  };
  return { encoding, made };
}

function groupOf(filter = everything, publicUrl = 'https://news.example.org') {
  return new FilterGroup([filter], {
    publicUrl,
    facetCache: new FacetCache(),
    stepCache: createStepCache(),
  });
}

function eventsOf(bytes: Buffer | null): WireEvent[] {
  return bytes === null ? [] : (JSON.parse(bytes.toString()) as { events: WireEvent[] }).events;
}

const parse = (framed: { jsonTail: string }) => JSON.parse(`{${framed.jsonTail}`) as WireEvent;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => logEvent(from + index));

describe('frameEvent', () => {
  it('adds the URL of the page to the stored item', () => {
    const event = logEvent(8, { itemId: 5, body: '{"id":5,"title":"A \\"quoted\\" title"}' });
    expect(parse(frameEvent(event, 'add', 3, 'https://news.example.org'))).toEqual({
      seq: 8,
      prev: 3,
      op: 'add',
      item: { page: 'https://news.example.org/items/5', id: 5, title: 'A "quoted" title' },
    });
  });

  it('names the changed fields of an update', () => {
    const event = logEvent(8, { op: 'update', changed: ['title', 'summary'] });
    expect(parse(frameEvent(event, 'update', 3, ''))).toMatchObject({ op: 'update', changed: ['title', 'summary'] });
  });

  it('sends id and URL of a withdrawn item', () => {
    const event = logEvent(8, { op: 'remove', itemId: 5 });
    expect(parse(frameEvent(event, 'remove', 3, ''))).toEqual({
      seq: 8,
      prev: 3,
      op: 'remove',
      item: { id: 5, url: 'https://example.org/5' },
    });
  });

  it('sends id and URL of an item that an update moved out of the filter', () => {
    const event = logEvent(8, { op: 'update', itemId: 5, changed: ['section'] });
    expect(parse(frameEvent(event, 'remove', 3, ''))).toEqual({
      seq: 8,
      prev: 3,
      op: 'remove',
      item: { id: 5, url: 'https://example.org/5' },
    });
  });
});

describe('FilterGroup', () => {
  const wire = { epoch: 'e1' };

  it('sets prev to the seq of the previous matching event', () => {
    const { encoding } = readableEncoding();
    const world = { sections: ['World'] };
    const events = [1, 2, 3, 4, 5].map((seq) => logEvent(seq, seq % 2 === 0 ? { facets: world } : {}));
    const step = groupOf({ ...everything, sections: ['world'] }).step({ pos: 0, prev: 0 }, events, {
      ...wire,
      encoding,
    });
    expect(eventsOf(step.bytes).map(({ seq, prev }) => [seq, prev])).toEqual([
      [2, 0],
      [4, 2],
    ]);
    expect(step).toMatchObject({ pos: 5, prev: 4, count: 2 });
  });

  it('sends nothing when nothing matches, and still advances', () => {
    const { encoding, made } = readableEncoding();
    const step = groupOf({ ...everything, sections: ['x'] }).step({ pos: 3, prev: 1 }, range(4, 9), {
      ...wire,
      encoding,
    });
    expect(step).toMatchObject({ pos: 9, prev: 1, count: 0, bytes: null });
    expect(made.count).toBe(0);
  });

  it('puts at most 64 events into a delivery', () => {
    const { encoding } = readableEncoding();
    const step = groupOf().step({ pos: 0, prev: 0 }, range(1, 200), { ...wire, encoding });
    expect(step).toMatchObject({ pos: 64, prev: 64, count: 64 });
  });

  it('puts at most 64 KB into a delivery', () => {
    const { encoding } = readableEncoding();
    const events = [1, 2, 3, 4].map((seq) => logEvent(seq, { body: `{"t":"${'x'.repeat(30_000)}"}` }));
    const step = groupOf().step({ pos: 0, prev: 0 }, events, { ...wire, encoding });
    expect(step).toMatchObject({ pos: 2, count: 2 });
    expect(step.bytes?.length).toBeLessThan(65_536);
  });

  it('counts bytes, not characters', () => {
    const { encoding } = readableEncoding();
    const events = [1, 2, 3].map((seq) => logEvent(seq, { body: `{"t":"${'я'.repeat(15_000)}"}` }));
    expect(groupOf().step({ pos: 0, prev: 0 }, events, { ...wire, encoding }).count).toBe(2);
  });

  it('sends a larger event alone', () => {
    const { encoding } = readableEncoding();
    const events = [1, 2].map((seq) => logEvent(seq, { body: `{"t":"${'x'.repeat(90_000)}"}` }));
    expect(groupOf().step({ pos: 0, prev: 0 }, events, { ...wire, encoding })).toMatchObject({ pos: 1, count: 1 });
  });

  it('encodes a step once for all subscriptions at the same position', () => {
    const { encoding, made } = readableEncoding();
    const group = groupOf();
    const first = group.step({ pos: 3, prev: 3 }, range(4, 6), { ...wire, encoding });
    const second = group.step({ pos: 3, prev: 3 }, range(4, 6), { ...wire, encoding });
    expect(second.bytes).toBe(first.bytes);
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(made.count).toBe(1);
  });

  it.each([
    ['another position', { pos: 4, prev: 3 }, range(5, 6), {}],
    ['another previous event', { pos: 3, prev: 2 }, range(4, 6), {}],
    ['a longer step', { pos: 3, prev: 3 }, range(4, 7), {}],
    ['another transport', { pos: 3, prev: 3 }, range(4, 6), { encoding: readableEncoding('other').encoding }],
    ['another epoch', { pos: 3, prev: 3 }, range(4, 6), { epoch: 'e2' }],
  ])('encodes separately for %s', (_, from, events, other) => {
    const { encoding } = readableEncoding();
    const group = groupOf();
    const first = group.step({ pos: 3, prev: 3 }, range(4, 6), { ...wire, encoding });
    const second = group.step(from, events, { ...wire, encoding, ...other });
    expect(second.bytes).not.toBe(first.bytes);
    expect(second.isNew).toBe(true);
  });

  it('does not cache steps of a filter with one subscription', () => {
    const { encoding, made } = readableEncoding();
    const group = groupOf();
    group.shared = false;
    const steps = [1, 2].map(() => group.step({ pos: 3, prev: 3 }, range(4, 6), { ...wire, encoding }));
    expect(steps.map(({ isNew }) => isNew)).toEqual([true, true]);
    expect(made.count).toBe(2);
  });
});

describe('the steps of all filters', () => {
  const wire = { epoch: 'e1' };
  const settings = { publicUrl: '', facetCache: new FacetCache() };

  it('share one limit of bytes: the oldest are evicted, whatever their filter', () => {
    const steps = createStepCache();
    const encoding: Encoding = { name: 'large', encode: () => Buffer.alloc(60_000) };
    const groups = Array.from({ length: 400 }, (_, index) => {
      const group = new FilterGroup([{ ...everything, sources: [`s${index}`] }], { ...settings, stepCache: steps });
      const events = [logEvent(1, { facets: { sources: [`s${index}`] } })];
      group.step({ pos: 0, prev: 0 }, events, { ...wire, encoding });
      return () => !group.step({ pos: 0, prev: 0 }, events, { ...wire, encoding }).isNew;
    });
    const kept = groups.toReversed().map((isThere) => isThere());
    expect(kept.slice(0, 100)).not.toContain(false);
    // 279 of them fit into 16 MB.
    expect(kept.filter(Boolean).length).toBeLessThan(285);
  });
});
