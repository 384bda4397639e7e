import { describe, expect, it } from 'vitest';
import { checkClock, checkNames, type NetworkParts } from '../../../src/cli/doctor/check-network.ts';
import type { Declarations } from '../../../src/domain/polling/source.ts';
import { headerList } from '../../../src/fetch/client/header-list.ts';
import type { HttpFailure, HttpResponse } from '../../../src/fetch/client/http-client.ts';
import { aSource, noon } from '../../support/builders.ts';
import { site } from '../../support/web/test-app.ts';

function declare(...urls: readonly string[]): Declarations {
  return {
    site,
    sections: [],
    sources: urls.map((url, index) => aSource(`s${index}`, { url })),
    webhooks: [],
    lists: [],
    alerts: [],
    warnings: [],
  };
}

/** A network in which hosts answer with these headers. */
function network(hosts: Readonly<Record<string, Readonly<Record<string, string>> | null>>) {
  const requested: string[] = [];
  const request = async ({ url, method }: { url: string; method?: string }): Promise<HttpResponse | HttpFailure> => {
    requested.push(`${method} ${url}`);
    const headers = hosts[new URL(url).host] ?? null;
    const common = { bytes: 0, notes: [] };
    if (headers === null) return { kind: 'failed', failure: 'connect_error', detail: '', status: null, ...common };
    const body = new Uint8Array();
    return { kind: 'answered', url: new URL(url), status: 200, headers: headerList(headers), body, ...common };
  };
  const parts: NetworkParts = {
    clock: { now: () => noon, monotonic: () => noon },
    resolve: async (name) => {
      if (name in hosts) return ['192.0.2.1'];
      throw new Error('no such name');
    },
    client: { request },
    headers: {},
  };
  return { ...parts, requested };
}

const dateAt = (ms: number): Record<string, string> => ({ date: new Date(ms).toUTCString() });

describe('checkNames', () => {
  const sources = declare('https://a.example.org/1', 'https://a.example.org/2', 'https://b.example.org/', 'file:///x');

  it('finds nothing wrong when all names are known', async () => {
    expect(await checkNames(sources, network({ 'a.example.org': null, 'b.example.org': null }))).toMatchObject([
      { status: 'ok', detail: '2 of 2 host names of sources are known' },
    ]);
  });

  it('warns of unknown names', async () => {
    expect(await checkNames(sources, network({ 'a.example.org': null }))).toMatchObject([
      { status: 'warning', detail: '1 of 2 host names of sources are known; not b.example.org' },
    ]);
  });

  it('reports an error when no name is known', async () => {
    expect(await checkNames(sources, network({}))).toMatchObject([
      { status: 'error', remedy: 'Check the network and the name servers of this machine' },
    ]);
  });

  it('looks up no addresses and no files, and at most ten names', async () => {
    const detail = 'no source needs it';
    expect(
      await checkNames(declare('http://192.0.2.1/', 'http://[2001:db8::1]/', 'file:///x'), network({})),
    ).toMatchObject([{ status: 'ok', detail }]);
    const many = declare(...Array.from({ length: 50 }, (_, index) => `https://h${index}.example.org/`));
    expect(await checkNames(many, network({}))).toMatchObject([{ detail: '0 of 10 host names of sources are known' }]);
  });
});

describe('checkClock', () => {
  const sources = declare('https://a.example.org/', 'https://b.example.org/', 'https://c.example.org/');

  it('compares with the median of three publishers', async () => {
    const hosts = {
      'a.example.org': dateAt(noon),
      'b.example.org': dateAt(noon - 400_000),
      'c.example.org': dateAt(noon),
    };
    const parts = network(hosts);
    expect(await checkClock(sources, parts)).toMatchObject([{ status: 'ok' }]);
    expect(parts.requested).toEqual(['a', 'b', 'c'].map((name) => `HEAD https://${name}.example.org/`));
  });

  it.each([
    [-120_000, '2 min fast, compared with 1 publisher'],
    [120_000, '2 min slow, compared with 1 publisher'],
  ])('warns of a clock that differs: %i', async (differenceMs, detail) => {
    expect(await checkClock(sources, network({ 'b.example.org': dateAt(noon + differenceMs) }))).toMatchObject([
      { status: 'warning', detail },
    ]);
  });

  it('adds the age of a cached response to its date', async () => {
    const cached = { ...dateAt(noon - 600_000), age: '600' };
    expect(await checkClock(sources, network({ 'a.example.org': cached }))).toMatchObject([{ status: 'ok' }]);
  });

  it('compares nothing when no publisher answers, or with a valid date', async () => {
    for (const hosts of [{}, { 'a.example.org': { date: 'today' } }]) {
      expect(await checkClock(sources, network(hosts))).toMatchObject([
        { status: 'ok', detail: 'not compared: no source has answered with its time' },
      ]);
    }
  });
});
