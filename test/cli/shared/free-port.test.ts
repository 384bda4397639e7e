import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isPortFree } from '../../../src/cli/shared/free-port.ts';

describe('isPortFree', () => {
  it('distinguishes a used port from a free one, and leaves a free one free', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const address = holder.address();
    const place = { host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0 };
    expect(await isPortFree(place)).toBe(false);
    await new Promise((resolve) => holder.close(resolve));
    expect(await isPortFree(place)).toBe(true);
    expect(await isPortFree(place)).toBe(true);
  });

  it('returns true for other errors, which the server reports', async () => {
    expect(await isPortFree({ host: '192.0.2.1', port: 3000 })).toBe(true);
  });
});
