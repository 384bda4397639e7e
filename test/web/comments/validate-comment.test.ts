import { describe, expect, it } from 'vitest';
import { rateLimitError, truncateComment, validateComment } from '../../../src/web/comments/validate-comment.ts';

const of = { form: { kind: 'good', ageMs: 10_000 }, siteTitle: 'The Daily Example' } as const;

function judge(name: string, text: string) {
  return validateComment({ name, text }, of);
}

const code = (verdict: ReturnType<typeof judge>) => (verdict.kind === 'refused' ? verdict.code : verdict.kind);

describe('judgeComment', () => {
  it('takes a comment, tidied, and says how many links it holds', () => {
    expect(judge(' Ann ', ' Hello,\r\nsee https://example.org ')).toEqual({
      kind: 'fit',
      name: 'Ann',
      body: 'Hello,\nsee https://example.org',
      links: 1,
    });
  });

  it.each([
    ['letters', 'a'.repeat(512)],
    ['emoji of two units', '🙂'.repeat(512)],
    ['combining marks', 'e\u0301'.repeat(256)],
    ['line breaks that a form sends as two characters', `${'a\r\n'.repeat(255)}aa`],
  ])('takes 512 code points of %s and not one more', (_, most) => {
    expect(code(judge('Ann', most))).toBe('fit');
    expect(code(judge('Ann', `${most}x`))).toBe('text_too_long');
  });

  it('does not count what stands around the text', () => {
    expect(code(judge('Ann', `\n  ${'a'.repeat(512)}   \n`))).toBe('fit');
  });

  it('says how much is too much', () => {
    expect(judge('Ann', 'a'.repeat(600))).toMatchObject({
      field: 'text',
      message: 'The comment is too long: it has 600 characters, and 512 are allowed.',
    });
  });

  it.each([
    ['text', 'Ann', '\u200b'.repeat(513), 'text_too_long'],
    ['name', '\u200b'.repeat(61), 'Hello', 'name_too_long'],
  ])('refuses a %s that is too long as it was sent before anything is made of it', (_, name, text, wanted) => {
    expect(code(judge(name, text))).toBe(wanted);
  });

  it.each(['', ' \r\n ', '\u200b', '\u3164\u2800'])('refuses the empty text %j', (text) => {
    expect(code(judge('Ann', text))).toBe('text_empty');
  });

  it.each([
    ['', 'name_empty'],
    ['\u202e\u200b', 'name_empty'],
    ['n'.repeat(61), 'name_too_long'],
    ['Mоderator', 'name_like_staff'],
    ['The Daily Example', 'name_like_staff'],
    ['n'.repeat(60), 'fit'],
    ['__proto__', 'fit'],
  ])('judges the name %s: %s', (name, wanted) => {
    expect(code(judge(name, 'Hello'))).toBe(wanted);
  });

  it.each([
    ['a ligature of 18 letters', '\ufdfa'.repeat(4), 72],
    ['a fraction of three', '½'.repeat(21), 63],
  ])('measures a name as it is stored: %s counts in full', (_, name, chars) => {
    expect(judge(name, 'Hello')).toMatchObject({
      code: 'name_too_long',
      message: `The name is too long: it has ${chars} characters, and 60 are allowed.`,
    });
  });

  it('measures a text as it is stored: a letter that normalisation parts in two counts as two', () => {
    expect(code(judge('Ann', '\u0958'.repeat(256)))).toBe('fit');
    expect(judge('Ann', '\u0958'.repeat(300))).toMatchObject({
      code: 'text_too_long',
      message: 'The comment is too long: it has 600 characters, and 512 are allowed.',
    });
  });

  it.each(['NFC', 'NFD', 'NFKC', 'NFKD'] as const)('stores no more than the limits, whatever is sent in %s', (form) => {
    for (const sign of ['\u0958', '\ufb2c', '\ufdfa', '\u{1d160}', 'ǖ', '½', 'a']) {
      for (const count of [3, 30, 60, 256, 512]) {
        const text = sign.repeat(count).normalize(form);
        for (const verdict of [judge(text, 'Hello'), judge('Ann', text), truncateComment({ name: text, text })]) {
          if (verdict.kind === 'refused') continue;
          expect([...verdict.name].length).toBeLessThanOrEqual(60);
          expect([...verdict.body].length).toBeLessThanOrEqual(512);
        }
      }
    }
  });

  it('refuses more than five links', () => {
    const links = (count: number) =>
      Array.from({ length: count }, (_, index) => `https://example.org/${index}`).join(' ');
    expect(code(judge('Ann', links(5)))).toBe('fit');
    expect(judge('Ann', links(6))).toMatchObject({ code: 'too_many_links', field: 'text' });
  });

  it('refuses what came faster than three seconds and says how long to wait', () => {
    const fast = validateComment({ name: 'Ann', text: 'Hi' }, { ...of, form: { kind: 'good', ageMs: 1200 } });
    expect(fast).toMatchObject({ code: 'too_fast', retryAfterS: 2 });
    const right = validateComment({ name: 'Ann', text: 'Hi' }, { ...of, form: { kind: 'good', ageMs: 3000 } });
    expect(right.kind).toBe('fit');
  });

  it('does not call a form fast that a node with a clock ahead gave out', () => {
    expect(validateComment({ name: 'Ann', text: 'Hi' }, { ...of, form: { kind: 'good', ageMs: -2000 } }).kind).toBe(
      'fit',
    );
  });

  it('asks for an old form to be sent again', () => {
    expect(validateComment({ name: 'Ann', text: 'Hi' }, { ...of, form: { kind: 'expired' } })).toMatchObject({
      code: 'form_expired',
      field: null,
    });
  });
});

describe('keepAsItIs', () => {
  it('cuts what a program sent to what can be stored', () => {
    const kept = truncateComment({ name: 'n'.repeat(500), text: '🙂'.repeat(900) });
    expect([[...kept.name].length, [...kept.body].length]).toEqual([60, 512]);
  });
});

describe('rateLimited', () => {
  it.each([
    [1, '1 second.'],
    [45, '45 seconds.'],
    [400, '7 minutes.'],
  ])('tells the wait of %d s in words', (seconds, words) => {
    expect(rateLimitError(seconds)).toMatchObject({ retryAfterS: seconds, message: expect.stringContaining(words) });
  });
});
