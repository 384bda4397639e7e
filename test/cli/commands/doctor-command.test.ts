import { describe, expect, it } from 'vitest';
import { runCommand } from '../../../src/cli/program.ts';
import { useFolders } from '../../config/temporary-folder.ts';
import { FakeIo } from '../fake-io.ts';

const makeFolder = useFolders();

async function run(args: readonly string[], env: Record<string, string>, columns: number | null = null) {
  const folder = makeFolder({
    'sources.yaml': 'sources:\n  - { url: "file:one.xml", id: one }\n  - { url: "file:none.xml", id: two }\n',
    'one.xml': '<rss version="2.0"><channel><title>One</title><item><title>Here</title></item></channel></rss>',
  });
  const own = { FEEDS_DIR: folder.dir, DATABASE_URL: `sqlite:${folder.path('../news.sqlite')}`, PORT: '0' };
  const io = new FakeIo({ ...own, ...env }, columns);
  const code = await runCommand(['doctor', ...args], io);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

/** The statuses by check. */
function statusesOf(stdout: string): Record<string, string> {
  const { findings } = JSON.parse(stdout) as { findings: { check: string; status: string; detail: string }[] };
  return Object.fromEntries(findings.map(({ check, status, detail }) => [check, `${status} ${detail}`]));
}

describe('newswire doctor', () => {
  it('checks everything before the first start and changes nothing', async () => {
    const { code, stdout, stderr } = await run(['--json'], {});
    expect(Object.keys(statusesOf(stdout))).toEqual([
      'node',
      'files',
      'environment',
      'feeds',
      'database',
      'public-url',
      'dns',
      'clock',
    ]);
    expect(statusesOf(stdout)).toMatchObject({ database: expect.stringMatching(/^ok does not exist yet/) });
    expect([0, 1]).toContain(code);
    expect(stderr).toBe('');
  });

  it('exits with 2 for an error, and still reports the rest', async () => {
    const { code, stdout } = await run(['--json'], { PORT: 'many', FEEDS_DIR: '/nowhere/feeds' });
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'error' });
    expect(statusesOf(stdout)).toMatchObject({
      environment: expect.stringMatching(/^error PORT: /),
      feeds: expect.stringMatching(/^error FEEDS_DIR: the folder does not exist/),
    });
  });

  it('exits with 1 for a warning, such as a misspelt variable', async () => {
    const { code, stdout } = await run(['--json'], { LOG_LEVL: 'debug' });
    expect(code).toBe(1);
    expect(statusesOf(stdout)).toMatchObject({ environment: 'warning the variable LOG_LEVL is unknown' });
  });

  it('reads each source with --sources', async () => {
    const { code, stdout } = await run(['--sources', '--json'], {});
    expect(code).toBe(2);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; status: string; detail: string }[] };
    expect(findings.filter(({ check }) => check === 'source')).toMatchObject([
      { status: 'ok', detail: 'one: 1 item' },
      { status: 'error', detail: expect.stringMatching(/^two: file_missing: /) },
    ]);
  });

  it('prints a table that fits 80 columns, and a summary', async () => {
    const { stdout } = await run([], { LOG_LEVL: 'debug' }, 80);
    expect(stdout).toMatch(/^ok {7}node/);
    expect(stdout).toMatch(/\n\d+ checks: \d+ ok, \d+ warnings?, 0 errors\.\n$/);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  it('shows no secret', async () => {
    const { stdout } = await run(['--json'], { ADMIN_TOKEN: 's3cret-of-16-chars', PUBLIC_URL: 'https://a:b@c/' });
    expect(stdout).not.toMatch(/s3cret|a:b/);
  });

  it('ends its help with two examples', async () => {
    const { code, stdout } = await run(['--help'], {});
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}newswire doctor\n {2}newswire doctor --sources --json\n+$/);
  });
});
