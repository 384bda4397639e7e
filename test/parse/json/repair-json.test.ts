import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repairJson } from '../../../src/parse/json/repair-json.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';

describe('repairJson', () => {
  it.each([
    ['junk after the end', '{"a":1} <!-- x -->', '{"a":1}'],
    ['a trailing comma in an object', '{"a":1 , }', '{"a":1 }'],
    ['a trailing comma in a list', '{"a":[1,2,\n]}', '{"a":[1,2]}'],
    ['line breaks in a string', '{"a":"x\ny\r\tz"}', '{"a":"x\\ny\\r\\tz"}'],
    ['other controls in a string', '{"a":"x\0y\x1bz"}', '{"a":"xyz"}'],
    ['brackets and escapes in a string', '{"a":"}],{\\"[\\\\"}x', '{"a":"}],{\\"[\\\\"}'],
  ])('repairs %s', (_, text, json) => {
    expect(repairJson(text)).toEqual({ json, isTruncated: false });
  });

  it.each([
    ['in a string', '{"a":1,"items":[{"id":1},{"id":"x'],
    ['after a comma', '{"a":1,"items":[{"id":1},'],
    ['after an object', '{"a":1,"items":[{"id":1}'],
    ['within lists and objects of an item', '{"a":1,"items":[{"id":1},{"tags":["x",{"b":{}},{'],
    ['with the wrong bracket', '{"a":1,"items":[{"id":1}}'],
  ])('keeps the complete items of a document that ends %s', (_, text) => {
    expect(repairJson(text)).toEqual({ json: '{"a":1,"items":[{"id":1}]}', isTruncated: true });
  });

  it('keeps the lists within an item', () => {
    expect(repairJson('{"items":[{"b":[{"c":1}]},{"b":[{"c":2},').json).toBe('{"items":[{"b":[{"c":1}]}]}');
  });

  it('stops after a million tokens', () => {
    expect(repairJson(`{"items":[{"id":1},{"x":[${'1,'.repeat(600_000)}`)).toEqual({
      json: '{"items":[{"id":1}]}',
      isTruncated: true,
    });
  });

  it('does not change the value of valid JSON', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const { json, isTruncated } = repairJson(JSON.stringify(value, null, 1));
        expect(isTruncated).toBe(false);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: fuzzRuns },
    );
  });

  it('produces valid JSON wherever a document is cut after its first item', () => {
    const items = [{ id: 'a"\\', tags: ['x', 'y'] }, { id: 2, b: { c: [{}] } }, { id: 3 }];
    const whole = JSON.stringify({ version: '1', items }, null, 1);
    const first = whole.indexOf('},\n  {') + 1;
    fc.assert(
      fc.property(fc.integer({ min: first, max: whole.length }), (length) => {
        const value: unknown = JSON.parse(repairJson(whole.slice(0, length)).json);
        expect(value).toMatchObject({
          version: '1',
          items: [items[0]].slice(0, 1).concat((value as { items: never[] }).items.slice(1)),
        });
      }),
      { numRuns: fuzzRuns },
    );
  });
});
