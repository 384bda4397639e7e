import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CompressibleBody, negotiateCoding } from '../../../../src/web/http/response/send.ts';

describe('negotiateCoding', () => {
  it.each([
    'br',
    'gzip, br',
    'BR;q=0.5',
    '*',
    'gzip;q=0.8, br;q=0.8',
    'gzip;q=0.5, *',
  ])('selects Brotli for %s', (header) => {
    expect(negotiateCoding(header)).toBe('br');
  });

  it.each([
    'gzip',
    'x-gzip',
    'GZIP;q=0.5',
    'br;q=0, *',
    'br;q=0.1, gzip',
    'br;q=0.2, *;q=0.3',
  ])('selects gzip for %s', (header) => {
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
  ])('selects no coding for %s', (header) => {
    expect(negotiateCoding(header)).toBeNull();
  });
});

describe('CompressibleBody', () => {
  it('has a tag that depends on its bytes only', () => {
    expect(new CompressibleBody('é').tag).toBe(new CompressibleBody(Buffer.from('é')).tag);
    expect(new CompressibleBody('é').tag).not.toBe(new CompressibleBody('e').tag);
  });

  it('is compressed once for each content coding', async () => {
    const text = 'text '.repeat(1000);
    const body = new CompressibleBody(text);
    const [one, other, br] = await Promise.all([body.encoded('gzip'), body.encoded('gzip'), body.encoded('br')]);
    expect(one).toBe(other);
    expect(gunzipSync(one).toString()).toBe(text);
    expect(brotliDecompressSync(br).toString()).toBe(text);
    expect(await body.encoded('br')).toBe(br);
  });

  it('is smaller at the best compression level', async () => {
    const text = Array.from({ length: 2000 }, (_, index) => `line ${index * 7919}`).join(' and ');
    const [fast, best] = [new CompressibleBody(text), new CompressibleBody(text, { level: 'best' })];
    expect((await best.encoded('br')).length).toBeLessThan((await fast.encoded('br')).length);
    expect(best.tag).toBe(fast.tag);
  });

  it('is worth compressing from 1024 bytes', () => {
    expect(new CompressibleBody('x'.repeat(1023)).isWorthCompressing).toBe(false);
    expect(new CompressibleBody('x'.repeat(1024)).isWorthCompressing).toBe(true);
  });
});
