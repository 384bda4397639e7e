import { describe, expect, it } from 'vitest';
import { asTrouble, errorCode, seconds, size, Trouble } from '../../../src/fetch/client/fetch-error.ts';

describe('trouble', () => {
  it('is one clean line', () => {
    expect(new Trouble('dns_error', 'a\r\n\x1b[31mb').message).toBe('a [31mb');
  });

  it('stays what it is', () => {
    const trouble = new Trouble('dns_error', 'x');
    expect(asTrouble(trouble)).toBe(trouble);
  });

  it('tells an error that nobody foresaw without its message, which may hold a secret', () => {
    const error = Object.assign(new TypeError('https://example.org/?token=secret'), { code: 'ERR_X' });
    expect(asTrouble(error)).toMatchObject({
      failure: 'internal_error',
      message: 'The fetch broke down (TypeError ERR_X). Please report this',
    });
    expect(asTrouble('nonsense').failure).toBe('internal_error');
  });

  it('finds the code of an error, and of the first of several', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(errorCode(refused)).toBe('ECONNREFUSED');
    expect(errorCode(new AggregateError([refused]))).toBe('ECONNREFUSED');
    expect(errorCode(new Error('x'))).toBe('');
    expect(errorCode(null)).toBe('');
  });

  it('writes bounds as a person would', () => {
    expect([seconds(5_000), seconds(250), seconds(30_000)]).toEqual(['5 s', '0.3 s', '30 s']);
    expect([size(10 * 1024 * 1024), size(16_384), size(1_000)]).toEqual(['10 MB', '16 KB', '1 KB']);
  });
});
