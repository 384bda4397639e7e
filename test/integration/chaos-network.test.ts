import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/domain/failure.ts';
import { publicAddress } from '../support/chaos/network.ts';
import { casesOf, createChaosSuite, dayMs } from '../support/chaos/run-chaos-cases.ts';
import { notesOf } from '../support/notes.ts';

const suite = createChaosSuite('network');

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
  ])('%s, %s: is recorded as %s with its reason, and nothing changes', async (row, variant, failure, detail) => {
    const { report } = await suite.fails(row, variant, failure);
    expect(report.detail).toContain(detail);
  });

  it('H73: whose name does not exist for a week is polled weekly', async () => {
    const { run } = await suite.fails('H73', 'NXDOMAIN', 'dns_error');
    const sinceMs = run.harness.nowMs;
    while (run.harness.nowMs - sinceMs < 10 * dayMs) await run.poll();
    expect(await run.notes()).toEqual(notesOf('nxdomain', 'presumed_dead'));
    expect((await run.report()).nextCheckReason.code).toBe('weekly_probe');
  });

  it('H73: whose name server fails for a week is not presumed dead', async () => {
    const { run } = await suite.fails('H73', 'SERVFAIL', 'dns_error');
    const sinceMs = run.harness.nowMs;
    while (run.harness.nowMs - sinceMs < 10 * dayMs) await run.poll();
    expect(await run.notes()).toEqual([]);
  });
});

describe('a name with public and private addresses', () => {
  it('H74: is requested at the public one only, with a note', async () => {
    const run = await suite.open('H74', 'mixed');
    await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', notes: notesOf('blocked_address') });
    expect((await run.items())[0]?.title).toBe('Story 4 of the herald');
    expect(run.dialled).toEqual([publicAddress, publicAddress]);
  });
});

describe('an idle connection', () => {
  it('H75: that closes on reuse is replaced without a failure', async () => {
    const run = await suite.open('H75', 'closed');
    await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failures: 0 });
    expect(await run.items()).toHaveLength(4);
    expect(run.chaos.origin.requests.map((request) => request.connection)).toEqual([1, 1, 2]);
  });

  it('H75: that closes because its name has moved is replaced by one to the new address', async () => {
    const run = await suite.open('H75', 'moved');
    await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failures: 0 });
    expect(run.dialled).toEqual([publicAddress, '93.184.215.15']);
  });
});

describe('a hub', () => {
  it('H72: is stored and never requested, and cannot push', async () => {
    const run = await suite.open('H72', 'hub');
    await run.poll();
    await run.poll();
    expect((await run.report()).hubs).toEqual([`${run.chaos.canary.url}/hub`]);
    expect(run.chaos.canary.requests).toEqual([]);
    const items = await run.items();
    for (const address of [
      '/websub/callback/1',
      '/websub/callback/chaos?hub.mode=subscribe&hub.challenge=x',
      '/websub/hub',
    ]) {
      expect((await run.harness.get(address)).status).toBe(404);
      expect((await run.harness.get(address, { method: 'POST', body: 'x'.repeat(1_000_000) })).status).toBe(405);
    }
    expect(await run.items()).toEqual(items);
    expect(await run.report()).toMatchObject({ failure: null, failures: 0 });
  });
});

describe('the suite', () => {
  it('runs every case of the theme', () => {
    expect(suite.recordedCases()).toEqual(casesOf('network'));
  });
});
