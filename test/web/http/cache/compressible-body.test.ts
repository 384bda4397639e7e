import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Packed } from '../../../../src/web/http/cache/compressible-body.ts';

describe('a packed body', () => {
  it('has the tag of its bytes, however they were given', () => {
    expect(new Packed('é').tag).toBe(new Packed(Buffer.from('é')).tag);
    expect(new Packed('é').tag).not.toBe(new Packed('e').tag);
  });

  it('is compressed once for each coding, however often it is sent', async () => {
    const text = 'text '.repeat(1000);
    const body = new Packed(text);
    const [one, other, br] = await Promise.all([body.coded('gzip'), body.coded('gzip'), body.coded('br')]);
    expect(one).toBe(other);
    expect(gunzipSync(one).toString()).toBe(text);
    expect(brotliDecompressSync(br).toString()).toBe(text);
    expect(await body.coded('br')).toBe(br);
  });

  it('is smaller still when it is worth the time', async () => {
    const text = Array.from({ length: 2000 }, (_, index) => `line ${index * 7919}`).join(' and ');
    const [quick, thorough] = [new Packed(text), new Packed(text, 'thorough')];
    expect((await thorough.coded('br')).length).toBeLessThan((await quick.coded('br')).length);
    expect(thorough.tag).toBe(quick.tag);
  });

  it('is large when a compressed form would save a packet', () => {
    expect(new Packed('x'.repeat(1023)).large).toBe(false);
    expect(new Packed('x'.repeat(1024)).large).toBe(true);
  });
});
