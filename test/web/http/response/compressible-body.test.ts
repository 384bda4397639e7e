import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CompressibleBody } from '../../../../src/web/http/response/compressible-body.ts';

describe('a packed body', () => {
  it('has the tag of its bytes, however they were given', () => {
    expect(new CompressibleBody('é').tag).toBe(new CompressibleBody(Buffer.from('é')).tag);
    expect(new CompressibleBody('é').tag).not.toBe(new CompressibleBody('e').tag);
  });

  it('is compressed once for each coding, however often it is sent', async () => {
    const text = 'text '.repeat(1000);
    const body = new CompressibleBody(text);
    const [one, other, br] = await Promise.all([body.encoded('gzip'), body.encoded('gzip'), body.encoded('br')]);
    expect(one).toBe(other);
    expect(gunzipSync(one).toString()).toBe(text);
    expect(brotliDecompressSync(br).toString()).toBe(text);
    expect(await body.encoded('br')).toBe(br);
  });

  it('is smaller still when it is worth the time', async () => {
    const text = Array.from({ length: 2000 }, (_, index) => `line ${index * 7919}`).join(' and ');
    const [quick, thorough] = [new CompressibleBody(text), new CompressibleBody(text, 'thorough')];
    expect((await thorough.encoded('br')).length).toBeLessThan((await quick.encoded('br')).length);
    expect(thorough.tag).toBe(quick.tag);
  });

  it('is large when a compressed form would save a packet', () => {
    expect(new CompressibleBody('x'.repeat(1023)).isWorthCompressing).toBe(false);
    expect(new CompressibleBody('x'.repeat(1024)).isWorthCompressing).toBe(true);
  });
});
