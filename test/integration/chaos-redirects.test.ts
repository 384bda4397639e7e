import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/domain/failure.ts';
import { headerSecret } from '../support/chaos/polling-harness.ts';
import { casesOf, createChaosSuite, dayMs } from '../support/chaos/run-chaos-cases.ts';
import { noteOf } from '../support/notes.ts';

const suite = createChaosSuite('redirects');

describe('a redirect that cannot be followed', () => {
  it.each<[string, string, Failure]>([
    ['H16', 'A to A', 'redirect_loop'],
    ['H16', 'A to B to A', 'redirect_loop'],
    ['H17', 'chain', 'redirect_limit'],
    ['H19', 'file', 'redirect_scheme'],
    ['H22', 'empty', 'redirect_no_location'],
    ['H22', 'missing', 'redirect_no_location'],
    ['H22', 'invalid', 'redirect_no_location'],
  ])('%s, %s: is recorded as %s and changes no address', async (row, variant, failure) => {
    await suite.fails(row, variant, failure);
  });

  it('H16: is requested once', async () => {
    const { run } = await suite.fails('H16', 'A to A', 'redirect_loop');
    expect(run.chaos.origin.requests).toHaveLength(2);
  });

  it('H17: is followed five times', async () => {
    const { run } = await suite.fails('H17', 'chain', 'redirect_limit');
    expect(run.chaos.origin.requests.map(({ path }) => path.split('/').pop())).toEqual(['chain', 'chain', ...'12345']);
  });

  it.each([
    ['metadata', 'redirect 1'],
    ['second hop', 'redirect 2'],
  ])('H18, %s: to a private address is not requested, and the hop is reported', async (variant, hop) => {
    const { report } = await suite.fails('H18', variant, 'blocked_address');
    expect(report.detail).toContain(hop);
  });
});

describe('a permanent redirect', () => {
  it('H20: of one poll is followed but not adopted', async () => {
    const run = await suite.open('H20', 'once');
    const before = await run.readGoodDocument();
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', movedTo: null, url: before.url });
    expect(await run.notes()).toContainEqual(noteOf('redirect_candidate'));
    expect((await run.items())[0]?.title).toBe('Story 4 of the herald');
    await run.poll();
    expect(await run.notes()).toContainEqual(noteOf('redirect_ended'));
    expect(await run.report()).toMatchObject({ movedTo: null, url: before.url });
  });

  it('H20: leaves validators that are sent only to the URL that issued them', async () => {
    const run = await suite.open('H20', 'once');
    await run.readGoodDocument();
    await run.poll();
    await run.poll();
    const [, , third] = run.chaos.origin.requests;
    expect(third?.headers['if-none-match']).toBeUndefined();
  });

  it('H21: to another target at each poll is never adopted', async () => {
    const run = await suite.open('H21', 'flips');
    const before = await run.readGoodDocument();
    for (let poll = 1; poll <= 6; poll += 1) {
      await run.poll({ atMs: run.harness.nowMs + 2 * dayMs });
      expect(await run.report()).toMatchObject({ failure: null, movedTo: null, url: before.url });
      expect(await run.notes()).toContainEqual(noteOf(poll === 1 ? 'redirect_candidate' : 'redirect_unstable'));
    }
  });

  it('H23: receives no secrets, even if it is adopted', async () => {
    const run = await suite.open('H23', 'for good');
    await run.readGoodDocument();
    for (let poll = 1; poll <= 3; poll += 1) await run.poll({ atMs: run.harness.nowMs + dayMs });
    // The second and the third poll were conditional, with the validators of the target, not of the redirect.
    expect(await run.report()).toMatchObject({ outcome: 'not-modified', status: 304 });
    expect(await run.report()).toMatchObject({ movedTo: expect.stringContaining('/H23/') });
    const asked = run.chaos.origin.requests.length;
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'not-modified', status: 304 });
    expect(run.chaos.origin.requests).toHaveLength(asked);
    expect(JSON.stringify(run.chaos.elsewhere.requests)).not.toContain(headerSecret);
    expect(run.chaos.elsewhere.requests).toHaveLength(4);
  });
});

describe('a redirect to another origin', () => {
  it('H23: receives no Authorization, Cookie or custom header, and its cookies are ignored', async () => {
    const run = await suite.open('H23', 'at each hop');
    await run.readGoodDocument();
    await run.poll();
    await run.poll();
    const [first] = run.chaos.origin.requests;
    expect(first?.headers).toMatchObject({ 'x-api-key': headerSecret, cookie: `id=${headerSecret}` });
    expect(run.chaos.elsewhere.requests).toHaveLength(2);
    for (const { headers } of run.chaos.elsewhere.requests) {
      expect(Object.keys(headers)).not.toContain('x-api-key');
      expect(Object.keys(headers)).not.toContain('authorization');
      expect(Object.keys(headers)).not.toContain('cookie');
    }
  });
});

describe('the suite', () => {
  it('runs every case of the theme', () => {
    expect(suite.recordedCases()).toEqual(casesOf('redirects'));
  });
});
