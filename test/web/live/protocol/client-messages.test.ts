import { describe, expect, it } from 'vitest';
import { everything } from '../../../../src/domain/events/filter.ts';
import {
  parseAfter,
  parseClientMessage,
  parseSubscriptionQuery,
} from '../../../../src/web/live/protocol/client-messages.ts';

const read = (message: unknown) => parseClientMessage(JSON.stringify(message));
const address = (query: string) => parseSubscriptionQuery('url', new URLSearchParams(query));

describe('parseClientMessage', () => {
  it('parses a subscription with all fields', () => {
    const filter = { sections: ['World'] };
    expect(read({ type: 'subscribe', id: 's1', after: 'e1-7', filter })).toEqual({
      type: 'subscribe',
      id: 's1',
      after: { epoch: 'e1', seq: 7 },
      filters: [{ ...everything, sections: ['world'] }],
    });
  });

  it('parses a subscription without fields as one to everything from now on', () => {
    expect(read({ type: 'subscribe', id: 's1' })).toEqual({
      type: 'subscribe',
      id: 's1',
      after: 'head',
      filters: [everything],
    });
  });

  it.each([
    [{ type: 'unsubscribe', id: 's1' }],
    [{ type: 'ping' }],
    [{ type: 'pong' }],
    [{ type: 'watch', items: [1, 2] }],
  ])('reads %j', (message) => {
    expect(read(message)).toEqual(message);
  });

  it('does not accept the name of an Object property as a type', () => {
    for (const type of ['constructor', '__proto__', 'toString'])
      expect(read({ type })).toMatchObject({ code: 'unknown_type' });
  });

  it('quotes only the start of an invalid message', () => {
    const long = 'x'.repeat(10_000);
    const faults = [
      read({ type: long, id: long }),
      read({ type: 'ping', [long]: 1 }),
      read({ type: 'subscribe', id: 'a', filter: { [long]: 1 } }),
    ];
    for (const fault of faults) expect(JSON.stringify(fault).length).toBeLessThan(300);
  });
});

describe('parseAfter', () => {
  it.each([
    [undefined, 'head'],
    ['head', 'head'],
    ['floor', 'floor'],
    ['e1-0', { epoch: 'e1', seq: 0 }],
    ['', null],
    ['e1', null],
    ['e1-01', null],
    ['e1-99999999999999999', null],
    [7, null],
    [null, null],
  ])('reads %j as %j', (value, after) => {
    expect(parseAfter(value)).toEqual(after);
  });
});

describe('parseSubscriptionQuery', () => {
  it('parses several filters as JSON', () => {
    const query = new URLSearchParams([
      ['filter', '{"sections":["World"]}'],
      ['filter', '{"q":"tax","backfill":true}'],
      ['after', 'e1-3'],
    ]);
    expect(address(`${query}`)).toEqual({
      type: 'subscribe',
      id: 'url',
      after: { epoch: 'e1', seq: 3 },
      filters: [
        { ...everything, sections: ['world'] },
        { ...everything, q: 'tax', backfill: true },
      ],
    });
  });

  it.each([
    ['filter=World', `'filter' must be a JSON object such as {"sections":["World"]}`],
    ['filter={"tag":"eu"}', `unknown field 'tag'`],
    ['filter={"__proto__":{}}', `unknown field '__proto__'`],
    ['filter={}&filter={}&filter={}&filter={}&filter={}', `'filters' must be an array of 1 to 4 filters`],
    ['filter={}&section=World', `'section' cannot be combined with 'filter': put it into the JSON`],
  ])('refuses ?%s', (query, message) => {
    expect(address(query)).toMatchObject({ type: 'error', code: 'bad_filter', message });
  });

  it('parses every parameter, and repeats of the repeatable ones', () => {
    const query = 'section=World&section=Sport&source=bbc&category=EU&language=en-GB&q=vote&backfill=1&after=e1-3';
    expect(address(query)).toEqual({
      type: 'subscribe',
      id: 'url',
      after: { epoch: 'e1', seq: 3 },
      filters: [
        {
          sections: ['sport', 'world'],
          sources: ['bbc'],
          categories: ['eu'],
          languages: ['en'],
          q: 'vote',
          backfill: true,
        },
      ],
    });
  });

  it('parses a boolean in both notations', () => {
    for (const [text, backfill] of [
      ['true', true],
      ['1', true],
      ['false', false],
      ['0', false],
    ] as const) {
      expect(address(`backfill=${text}`)).toMatchObject({ filters: [{ backfill }] });
    }
  });

  it.each([
    'tag=eu',
    'sections=World',
    'backfill=yes',
    'q=!',
    'section=',
    'constructor=1',
    '__proto__=1',
    'toString=1',
    '__proto__=1&section=World',
    'limit=5',
  ])('refuses ?%s', (query) => {
    expect(address(query)).toMatchObject({ type: 'error', id: 'url', code: 'bad_filter' });
  });
});
