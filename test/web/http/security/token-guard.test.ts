import { describe, expect, it } from 'vitest';
import { matchesToken, TokenGuard } from '../../../../src/web/http/security/token-guard.ts';

const token = 'correct-horse-battery';

function makeGuard() {
  const logged: string[] = [];
  const note = (facts: object, message: string): void => void logged.push(`${message} ${JSON.stringify(facts)}`);
  const guard = new TokenGuard({ variable: 'ADMIN_TOKEN', token, log: { warn: note } });
  const check = (text: string, address = '192.0.2.7', endpoint = '/admin/sign-in') =>
    guard.check({ text, address, endpoint });
  return { check, logged };
}

describe('a token', () => {
  it('matches itself only, whatever the length', () => {
    expect(matchesToken('correct-horse', 'correct-horse')).toBe(true);
    for (const given of ['', 'correct-hors', 'correct-horse ', 'Correct-horse', 'x'.repeat(10_000)]) {
      expect(matchesToken(given, 'correct-horse')).toBe(false);
    }
  });
});

describe('TokenGuard', () => {
  it('makes an address wait after ten wrong tokens at any endpoint, even with the right one', async () => {
    const { check } = makeGuard();
    for (let at = 0; at < 10; at += 1) {
      expect(await check(`wrong ${at}`, '192.0.2.7', at % 2 === 0 ? '/a' : '/b')).toEqual({ kind: 'wrong' });
    }
    expect(await check(token)).toEqual({ kind: 'wait', seconds: 900 });
    expect(await check(token, '192.0.2.8')).toEqual({ kind: 'right' });
  });

  it('counts each of many concurrent attempts', async () => {
    const { check } = makeGuard();
    const checks = await Promise.all(Array.from({ length: 50 }, (_, at) => check(`wrong ${at}`)));
    expect(checks.filter(({ kind }) => kind === 'wrong')).toHaveLength(10);
  });

  it('does not count the right one', async () => {
    const { check } = makeGuard();
    for (let at = 0; at < 30; at += 1) expect(await check(token)).toEqual({ kind: 'right' });
  });

  it('logs each wrong attempt with its address and endpoint, and never the token', async () => {
    const { check, logged } = makeGuard();
    await check('hush', '2001:db8::1', '/metrics');
    await check(token);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(/^wrong token .*"2001:db8:0:0::\/64".*"ADMIN_TOKEN".*"\/metrics"/);
    expect(logged[0]).not.toContain('hush');
  });
});
