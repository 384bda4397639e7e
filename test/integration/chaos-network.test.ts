import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/domain/polling/fetch-outcome.ts';
import { publicAddress } from '../support/chaos/network.ts';
import { casesOf, createChaosSuite, dayMs } from '../support/chaos/run-chaos-cases.ts';

const theatre = createChaosSuite('network');

describe('a source that cannot be reached', () => {
  it.each<[string, string, Failure, string]>([
    ['H02', 'blackhole', 'connect_timeout', 'No connection within 1 s'],
    ['H73', 'NXDOMAIN', 'dns_error', 'ENOTFOUND'],
    ['H73', 'SERVFAIL', 'dns_error', 'ESERVFAIL'],
    ['H73', 'no answer', 'dns_error', 'within 1 s'],
    ['H73', 'chain of 50', 'dns_error', 'ENODATA'],
    ['H73', 'rebinding', 'blocked_address', 'does not resolve to a public address'],
    ['H76', 'no protocol in common', 'protocol_error', 'does not support HTTP/1.1'],
    ['H76', 'frames in the clear', 'protocol_error', 'violates HTTP/1.1'],
    ['H76', 'a flood of resets', 'protocol_error', 'violates HTTP/1.1'],
    ['H77', 'expired', 'tls_error', 'the certificate has expired'],
    ['H77', 'self-signed', 'tls_error', 'the certificate is self-signed'],
    ['H77', 'wrong host', 'tls_error', 'the certificate is for another host'],
    ['H77', 'unknown authority', 'tls_error', 'not signed by a known authority'],
    ['H77', 'huge chain', 'tls_error', 'The TLS connection is not trusted'],
    ['H77', 'stalled handshake', 'tls_error', 'The TLS handshake took longer than 1 s'],
  ])('%s, %s: is recorded as %s with the reason, and nothing changes', async (row, variant, failure, detail) => {
    const { report } = await theatre.fails(row, variant, failure);
    expect(report.detail).toContain(detail);
  });

  it('H73: whose name is gone for a week is asked for once a week', async () => {
    const { show } = await theatre.fails('H73', 'NXDOMAIN', 'dns_error');
    const sinceMs = show.harness.nowMs;
    while (show.harness.nowMs - sinceMs < 10 * dayMs) await show.poll();
    expect(await show.notes()).toEqual(['nxdomain', 'presumed_dead']);
    expect((await show.report()).nextCheckWhy).toContain('weekly probe');
  });

  it('H73: whose name server is down for a week is no dead source', async () => {
    const { show } = await theatre.fails('H73', 'SERVFAIL', 'dns_error');
    const sinceMs = show.harness.nowMs;
    while (show.harness.nowMs - sinceMs < 10 * dayMs) await show.poll();
    expect(await show.notes()).toEqual([]);
  });
});

describe('a name with a private address among its own', () => {
  it('H74: is asked at the public one alone, and it is noted', async () => {
    const show = await theatre.open('H74', 'mixed');
    await show.readGoodDocument();
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', notes: ['blocked_address'] });
    expect((await show.items())[0]?.title).toBe('Story 4 of the herald');
    expect(show.dialled).toEqual([publicAddress, publicAddress]);
  });
});

describe('a kept connection', () => {
  it('H75: that is closed when it is used costs another one, and no failure', async () => {
    const show = await theatre.open('H75', 'closed');
    await show.readGoodDocument();
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', failures: 0 });
    expect(await show.items()).toHaveLength(4);
    expect(show.chaos.origin.requests.map((request) => request.connection)).toEqual([1, 1, 2]);
  });

  it('H75: that is closed because its name has moved leads to the new address', async () => {
    const show = await theatre.open('H75', 'moved');
    await show.readGoodDocument();
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', failures: 0 });
    expect(show.dialled).toEqual([publicAddress, '93.184.215.15']);
  });
});

describe('a hub', () => {
  it('H72: is remembered and never spoken to, and nobody can push to us', async () => {
    const show = await theatre.open('H72', 'hub');
    await show.poll();
    await show.poll();
    expect((await show.report()).hubs).toEqual([`${show.chaos.canary.url}/hub`]);
    expect(show.chaos.canary.requests).toEqual([]);
    const items = await show.items();
    for (const address of [
      '/websub/callback/1',
      '/websub/callback/chaos?hub.mode=subscribe&hub.challenge=x',
      '/websub/hub',
    ]) {
      expect((await show.harness.get(address)).status).toBe(404);
      expect((await show.harness.get(address, { method: 'POST', body: 'x'.repeat(1_000_000) })).status).toBe(405);
    }
    expect(await show.items()).toEqual(items);
    expect(await show.report()).toMatchObject({ failure: null, failures: 0 });
  });
});

describe('the table', () => {
  it('has every case of the theme', () => {
    expect(theatre.recordedCases()).toEqual(casesOf('network'));
  });
});
