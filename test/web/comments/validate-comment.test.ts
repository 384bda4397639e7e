import { describe, expect, it } from 'vitest';
import { rateLimitError, truncateComment, validateComment } from '../../../src/web/comments/validate-comment.ts';

const context = { form: { kind: 'valid', ageMs: 10_000 }, siteTitle: 'The Daily Example' } as const;

function validate(name: string, text: string) {
  return validateComment({ name, text }, context);
}

const code = (validation: ReturnType<typeof validate>) =>
  validation.kind === 'invalid' ? validation.code : validation.kind;

describe('validateComment', () => {
  it('returns the normalised comment and its number of links', () => {
    expect(validate(' Ann ', ' Hello,\r\nsee https://example.org ')).toEqual({
      kind: 'valid',
      name: 'Ann',
      body: 'Hello,\nsee https://example.org',
      links: 1,
    });
  });

  it.each([
    ['letters', 'a'.repeat(512)],
    ['emoji of two code units', '🙂'.repeat(512)],
    ['combining marks', 'e\u0301'.repeat(256)],
    ['line breaks that a form sends as two characters', `${'a\r\n'.repeat(255)}aa`],
  ])('accepts 512 code points of %s but not 513', (_, most) => {
    expect(code(validate('Ann', most))).toBe('valid');
    expect(code(validate('Ann', `${most}x`))).toBe('text_too_long');
  });

  it('does not count whitespace around the text', () => {
    expect(code(validate('Ann', `\n  ${'a'.repeat(512)}   \n`))).toBe('valid');
  });

  it('states the length and the limit in the message', () => {
    expect(validate('Ann', 'a'.repeat(600))).toMatchObject({
      field: 'text',
      message: 'The comment is too long: it has 600 characters, the limit is 512.',
    });
  });

  it.each([
    ['text', 'Ann', '\u200b'.repeat(513), 'text_too_long'],
    ['name', '\u200b'.repeat(61), 'Hello', 'name_too_long'],
  ])('rejects a %s that is too long before it is normalised', (_, name, text, expected) => {
    expect(code(validate(name, text))).toBe(expected);
  });

  it.each(['', ' \r\n ', '\u200b', '\u3164\u2800'])('rejects the empty text %j', (text) => {
    expect(code(validate('Ann', text))).toBe('text_empty');
  });

  it.each([
    ['', 'name_empty'],
    ['\u202e\u200b', 'name_empty'],
    ['n'.repeat(61), 'name_too_long'],
    ['Mоderator', 'name_like_staff'],
    ['The Daily Example', 'name_like_staff'],
    ['n'.repeat(60), 'valid'],
    ['__proto__', 'valid'],
  ])('validates the name %s with the result %s', (name, expected) => {
    expect(code(validate(name, 'Hello'))).toBe(expected);
  });

  it.each([
    ['a ligature of 18 letters', '\ufdfa'.repeat(4), 72],
    ['a fraction of three characters', '½'.repeat(21), 63],
  ])('measures a name as it is stored: each part of %s counts', (_, name, chars) => {
    expect(validate(name, 'Hello')).toMatchObject({
      code: 'name_too_long',
      message: `The name is too long: it has ${chars} characters, the limit is 60.`,
    });
  });

  it('measures a text after normalisation, which can split a letter in two', () => {
    expect(code(validate('Ann', '\u0958'.repeat(256)))).toBe('valid');
    expect(validate('Ann', '\u0958'.repeat(300))).toMatchObject({
      code: 'text_too_long',
      message: 'The comment is too long: it has 600 characters, the limit is 512.',
    });
  });

  it.each(['NFC', 'NFD', 'NFKC', 'NFKD'] as const)('never returns more than the limits for input in %s', (form) => {
    for (const sign of ['\u0958', '\ufb2c', '\ufdfa', '\u{1d160}', 'ǖ', '½', 'a']) {
      for (const count of [3, 30, 60, 256, 512]) {
        const text = sign.repeat(count).normalize(form);
        for (const verdict of [validate(text, 'Hello'), validate('Ann', text), truncateComment({ name: text, text })]) {
          if (verdict.kind === 'invalid') continue;
          expect([...verdict.name].length).toBeLessThanOrEqual(60);
          expect([...verdict.body].length).toBeLessThanOrEqual(512);
        }
      }
    }
  });

  it('rejects more than five links', () => {
    const links = (count: number) =>
      Array.from({ length: count }, (_, index) => `https://example.org/${index}`).join(' ');
    expect(code(validate('Ann', links(5)))).toBe('valid');
    expect(validate('Ann', links(6))).toMatchObject({ code: 'too_many_links', field: 'text' });
  });

  it('rejects a form younger than three seconds with the time to wait', () => {
    const fast = validateComment({ name: 'Ann', text: 'Hi' }, { ...context, form: { kind: 'valid', ageMs: 1200 } });
    expect(fast).toMatchObject({ code: 'too_fast', retryAfterS: 2 });
    const right = validateComment({ name: 'Ann', text: 'Hi' }, { ...context, form: { kind: 'valid', ageMs: 3000 } });
    expect(right.kind).toBe('valid');
  });

  it('accepts a form from a node whose clock is ahead', () => {
    expect(
      validateComment({ name: 'Ann', text: 'Hi' }, { ...context, form: { kind: 'valid', ageMs: -2000 } }).kind,
    ).toBe('valid');
  });

  it('asks to send an expired form again', () => {
    expect(validateComment({ name: 'Ann', text: 'Hi' }, { ...context, form: { kind: 'expired' } })).toMatchObject({
      code: 'form_expired',
      field: null,
    });
  });
});

describe('truncateComment', () => {
  it('cuts a comment to the limits of storage', () => {
    const kept = truncateComment({ name: 'n'.repeat(500), text: '🙂'.repeat(900) });
    expect([[...kept.name].length, [...kept.body].length]).toEqual([60, 512]);
  });
});

describe('rateLimitError', () => {
  it.each([
    [1, '1 second.'],
    [45, '45 seconds.'],
    [400, '7 minutes.'],
  ])('formats a wait of %d s', (seconds, words) => {
    expect(rateLimitError(seconds)).toMatchObject({ retryAfterS: seconds, message: expect.stringContaining(words) });
  });
});
