import { describe, expect, it } from 'vitest';
import { negotiateCoding } from '../../../../src/web/http/response/content-coding.ts';

describe('the best coding', () => {
  it.each([
    'br',
    'gzip, br',
    'BR;q=0.5',
    '*',
    'gzip;q=0.8, br;q=0.8',
    'gzip;q=0.5, *',
  ])('is Brotli for %s', (header) => {
    expect(negotiateCoding(header)).toBe('br');
  });

  it.each([
    'gzip',
    'x-gzip',
    'GZIP;q=0.5',
    'br;q=0, *',
    'br;q=0.1, gzip',
    'br;q=0.2, *;q=0.3',
  ])('is gzip for %s', (header) => {
    expect(negotiateCoding(header)).toBe('gzip');
  });

  it.each([
    undefined,
    '',
    'deflate',
    'gzip;q=0',
    'br;q=0.000, gzip;q=0',
    'identity',
    '*;q=0',
    'br;q=x',
  ])('is none for %s', (header) => {
    expect(negotiateCoding(header)).toBeNull();
  });
});
