import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Packed } from '../../../src/web/http/packed.ts';

describe('a packed body', () => {
  it('has the tag of its bytes, however they were given', () => {
    expect(new Packed('é').tag).toBe(new Packed(Buffer.from('é')).tag);
    expect(new Packed('é').tag).not.toBe(new Packed('e').tag);
  });

  it('is compressed once, however often it is sent', async () => {
    const body = new Packed('text '.repeat(1000));
    const [one, other] = await Promise.all([body.gzip(), body.gzip()]);
    expect(one).toBe(other);
    expect(gunzipSync(one).toString()).toBe('text '.repeat(1000));
  });

  it('is large when a compressed form would save a packet', () => {
    expect(new Packed('x'.repeat(1023)).large).toBe(false);
    expect(new Packed('x'.repeat(1024)).large).toBe(true);
  });
});
