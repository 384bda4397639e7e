import { describe, expect, it } from 'vitest';
import {
  asFetchError,
  errorCode,
  FetchError,
  formatBytes,
  formatSeconds,
} from '../../../src/fetch/client/fetch-error.ts';

describe('FetchError', () => {
  it('has a message of one clean line', () => {
    expect(new FetchError('dns_error', 'a\r\n\x1b[31mb').message).toBe('a [31mb');
  });

  it('is returned unchanged by asFetchError', () => {
    const trouble = new FetchError('dns_error', 'x');
    expect(asFetchError(trouble)).toBe(trouble);
  });

  it('hides the message of an unexpected error, which may contain a secret', () => {
    const error = Object.assign(new TypeError('https://example.org/?token=secret'), { code: 'ERR_X' });
    expect(asFetchError(error)).toMatchObject({
      failure: 'internal_error',
      message: 'Internal error (TypeError ERR_X). Please report it with the log line',
    });
    expect(asFetchError('nonsense').failure).toBe('internal_error');
  });

  it('errorCode returns the code of an error, or of the first of several', () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(errorCode(refused)).toBe('ECONNREFUSED');
    expect(errorCode(new AggregateError([refused]))).toBe('ECONNREFUSED');
    expect(errorCode(new Error('x'))).toBe('');
    expect(errorCode(null)).toBe('');
  });

  it('formatSeconds and formatBytes format limits', () => {
    expect([formatSeconds(5_000), formatSeconds(250), formatSeconds(30_000)]).toEqual(['5 s', '0.3 s', '30 s']);
    expect([formatBytes(10 * 1024 * 1024), formatBytes(16_384), formatBytes(1_000)]).toEqual([
      '10 MB',
      '16 KB',
      '1 KB',
    ]);
  });
});
