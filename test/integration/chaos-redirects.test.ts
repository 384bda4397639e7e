import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/domain/polling/fetch-outcome.ts';
import { headerSecret } from '../support/chaos/polling-harness.ts';
import { casesOf, createChaosSuite, dayMs } from '../support/chaos/run-chaos-cases.ts';

const theatre = createChaosSuite('redirects');

describe('a redirect that cannot be followed', () => {
  it.each<[string, string, Failure]>([
    ['H16', 'A to A', 'redirect_loop'],
    ['H16', 'A to B to A', 'redirect_loop'],
    ['H17', 'chain', 'redirect_limit'],
    ['H19', 'file', 'redirect_scheme'],
    ['H22', 'empty', 'redirect_no_location'],
    ['H22', 'missing', 'redirect_no_location'],
    ['H22', 'invalid', 'redirect_no_location'],
  ])('%s, %s: is recorded as %s and moves nothing', async (row, variant, failure) => {
    await theatre.fails(row, variant, failure);
  });

  it('H16: is asked once, not round and round', async () => {
    const { show } = await theatre.fails('H16', 'A to A', 'redirect_loop');
    expect(show.chaos.origin.requests).toHaveLength(2);
  });

  it('H17: is followed five times', async () => {
    const { show } = await theatre.fails('H17', 'chain', 'redirect_limit');
    expect(show.chaos.origin.requests.map(({ path }) => path.split('/').pop())).toEqual(['chain', 'chain', ...'12345']);
  });

  it.each([
    ['metadata', 'redirect 1'],
    ['second hop', 'redirect 2'],
  ])('H18, %s: to a private address is not tried, and the hop is told', async (variant, hop) => {
    const { report } = await theatre.fails('H18', variant, 'blocked_address');
    expect(report.detail).toContain(hop);
  });
});

describe('a permanent redirect', () => {
  it('H20: of one poll is followed and not adopted', async () => {
    const show = await theatre.open('H20', 'once');
    const before = await show.readGoodDocument();
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', movedTo: null, url: before.url });
    expect(await show.notes()).toContain('redirect_candidate');
    expect((await show.items())[0]?.title).toBe('Story 4 of the herald');
    await show.poll();
    expect(await show.notes()).toContain('redirect_ended');
    expect(await show.report()).toMatchObject({ movedTo: null, url: before.url });
  });

  it('H20: leaves validators that are sent to nobody but who gave them', async () => {
    const show = await theatre.open('H20', 'once');
    await show.readGoodDocument();
    await show.poll();
    await show.poll();
    const [, , third] = show.chaos.origin.requests;
    expect(third?.headers['if-none-match']).toBeUndefined();
  });

  it('H21: to another place at each poll is never adopted', async () => {
    const show = await theatre.open('H21', 'flips');
    const before = await show.readGoodDocument();
    for (let poll = 1; poll <= 6; poll += 1) {
      await show.poll({ atMs: show.harness.nowMs + 2 * dayMs });
      expect(await show.report()).toMatchObject({ failure: null, movedTo: null, url: before.url });
      expect(await show.notes()).toContain(poll === 1 ? 'redirect_candidate' : 'redirect_unstable');
    }
  });

  it('H23: takes no secret along, not even when it is adopted', async () => {
    const show = await theatre.open('H23', 'for good');
    await show.readGoodDocument();
    for (let poll = 1; poll <= 3; poll += 1) await show.poll({ atMs: show.harness.nowMs + dayMs });
    // The second and the third read were conditional: by the validators of who answers, not of who redirects.
    expect(await show.report()).toMatchObject({ outcome: 'not-modified', status: 304 });
    expect(await show.report()).toMatchObject({ movedTo: expect.stringContaining('/H23/') });
    const asked = show.chaos.origin.requests.length;
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'not-modified', status: 304 });
    expect(show.chaos.origin.requests).toHaveLength(asked);
    expect(JSON.stringify(show.chaos.elsewhere.requests)).not.toContain(headerSecret);
    expect(show.chaos.elsewhere.requests).toHaveLength(4);
  });
});

describe('a redirect to another origin', () => {
  it('H23: takes neither Authorization nor Cookie nor a custom header along, and no cookie back', async () => {
    const show = await theatre.open('H23', 'at each hop');
    await show.readGoodDocument();
    await show.poll();
    await show.poll();
    const [first] = show.chaos.origin.requests;
    expect(first?.headers).toMatchObject({ 'x-api-key': headerSecret, cookie: `id=${headerSecret}` });
    expect(show.chaos.elsewhere.requests).toHaveLength(2);
    for (const { headers } of show.chaos.elsewhere.requests) {
      expect(Object.keys(headers)).not.toContain('x-api-key');
      expect(Object.keys(headers)).not.toContain('authorization');
      expect(Object.keys(headers)).not.toContain('cookie');
    }
  });
});

describe('the table', () => {
  it('has every case of the theme', () => {
    expect(theatre.recordedCases()).toEqual(casesOf('redirects'));
  });
});
