import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../../src/cli/program.ts';
import { useFolders } from '../config/temporary-folder.ts';
import { FakeIo } from './fake-io.ts';

const makeFolder = useFolders();
const good =
  'sections: [World]\nsources:\n  - url: https://example.org/rss.xml\n    title: Example\n    interval: 90m\n';

async function run(args: string[], env: Record<string, string> = {}, columns: number | null = null) {
  const io = new FakeIo(env, columns);
  const code = await runCommand(args, io);
  return { code, stdout: io.stdout, stderr: io.stderr };
}

const withFeeds = (text: string): Record<string, string> => ({ FEEDS_DIR: makeFolder({ 'sources.yaml': text }).dir });

describe('newswire', () => {
  it('prints help to stdout and exits with 0', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('serve');
    expect(stderr).toBe('');
  });

  it('prints the version of the package', async () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect((await run(['--version'])).stdout).toBe(`${manifest.version}\n`);
  });

  it.each([
    [[]],
    [['nonsense']],
    [['check', '--nonsense']],
    [['serve', 'extra']],
  ])('exits with 2 on invalid usage: %j', async (args) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
  });

  it('reports an unknown subcommand of a command with a default', async () => {
    const { code, stderr } = await run(['comments', 'bogus']);
    expect(code).toBe(2);
    expect(stderr).toContain("unknown command 'bogus'");
  });
});

describe('newswire check', () => {
  it('shows the sources and exits with 0 when the configuration is valid', async () => {
    const { code, stdout, stderr } = await run(['check'], withFeeds(good));
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([
      'ID       SECTION  INTERVAL  URL                          DECLARED AT',
      'example  World    90m       https://example.org/rss.xml  sources.yaml:3',
      '',
      '1 source, no errors.',
      '',
    ]);
  });

  it('shows the webhooks without their secrets', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const env = { ...withFeeds(`${good}webhooks:\n  - url: https://example.org/in\n    secret: whsec_${key}\n`) };
    const { code, stdout } = await run(['check'], env);
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(2)).toEqual([
      '',
      'WEBHOOK         FILTER      URL                     DECLARED AT',
      'example-org-in  everything  https://example.org/in  sources.yaml:7',
      '',
      '1 source, 1 webhook, no errors.',
      '',
    ]);
    const { stdout: json } = await run(['check', '--json'], env);
    expect(JSON.parse(json).webhooks).toMatchObject([{ id: 'example-org-in', url: 'https://example.org/in' }]);
    expect(stdout + json).not.toContain(key);
  });

  it('hides values of the environment in the address of a webhook', async () => {
    const key = Buffer.alloc(32, 7).toString('base64');
    const text = `webhooks:\n  - url: "https://example.org/in/$\{TOKEN}"\n    secret: whsec_${key}\n`;
    for (const argv of [['check'], ['check', '--json']]) {
      const io = new FakeIo({ ...withFeeds(text), TOKEN: 's3cret' });
      expect(await runCommand(argv, io)).toBe(0);
      expect(io.stdout).toContain('https://example.org/in/***');
      expect(io.stdout).toContain('example-org-in-token');
      expect(io.stdout + io.stderr).not.toContain('s3cret');
    }
  });

  it('describes the filter of a webhook', async () => {
    const filter = '{ sections: [World, Arts], q: budget, backfill: true }';
    const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const text = `webhooks:\n  - url: https://example.org/in\n    secret: ${secret}\n    filter: ${filter}\n`;
    const { stdout } = await run(['check'], withFeeds(text));
    expect(stdout).toContain('sections arts, world; q budget; backfill');
    expect(stdout).toMatch(/^WEBHOOK/);
    expect(stdout).toContain('\n0 sources, 1 webhook, no errors.');
  });

  it('fits the terminal', async () => {
    const { stdout } = await run(['check', '--print-config'], withFeeds(good), 70);
    expect(stdout.split('\n').every((line) => line.length <= 70)).toBe(true);
  });

  it('reports all errors of environment and files on stderr and exits with 2', async () => {
    const { code, stdout, stderr } = await run(['check'], {
      ...withFeeds('sources:\n  - url: nonsense\n    limit: 0\n'),
      PORT: 'many',
    });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    const places = stderr.split('\n').map((line) => line.split(': ')[0]);
    expect(places).toEqual(['PORT', 'sources.yaml:3', '', '2 errors.', '']);
  });

  it('prints one JSON document, valid or not', async () => {
    const fine = await run(['check', '--json'], withFeeds(good));
    expect(fine.code).toBe(0);
    expect(JSON.parse(fine.stdout)).toMatchObject({
      ok: true,
      problems: [],
      sections: ['World'],
      sources: [{ id: 'example', intervalMs: 5_400_000 }],
    });
    const bad = await run(['check', '--json'], withFeeds('sauces: []'));
    expect(bad.code).toBe(2);
    expect(bad.stderr).toBe('');
    expect(JSON.parse(bad.stdout)).toMatchObject({ ok: false, problems: [{ where: 'sources.yaml:1' }], sources: [] });
  });

  it('shows no secret', async () => {
    const text = 'sources:\n  - url: https://me:pa55@example.org/\n    headers: { X-Key: "$\u007bKEY}" }\n';
    const env = { ...withFeeds(text), KEY: 's3cret', ADMIN_TOKEN: 's3cret-of-16-chars' };
    for (const args of [
      ['check', '--json'],
      ['check', '--print-config'],
    ]) {
      const { code, stdout, stderr } = await run(args, env);
      expect(code).toBe(0);
      expect(stdout + stderr).not.toMatch(/s3cret|pa55|bWU6cGE1NQ/);
    }
  });

  it('notes a missing local feed, which is not an error', async () => {
    const { code, stderr } = await run(['check'], withFeeds('sources:\n  - url: file:later.xml\n'));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^sources\.yaml:2: the file \/.*later\.xml does not exist; it is read when it appears\.\n$/);
  });

  it('explains every variable', async () => {
    const { stdout } = await run(['check', '--print-config'], { ...withFeeds(good), PORT: '8080' });
    expect(stdout).toMatch(/^PORT +8080 +set +port to listen on/m);
    expect(stdout).toMatch(/^HOST +127\.0\.0\.1 +default +address to listen on/m);
  });

  it('removes control characters of a file', async () => {
    const { stderr } = await run(['check'], withFeeds('sources:\n  - url: "\\e]0;owned\\a\\x9b31m"\n'));
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

describe('a command that needs the database', () => {
  it.each([
    [['sources']],
    [['refresh']],
  ])('reports a missing database in one line and creates none: %j', async (args) => {
    const folder = makeFolder();
    const env = { DATABASE_URL: `sqlite:${folder.path('none.sqlite')}` };
    const { code, stdout, stderr } = await run(args, env);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      `newswire: there is no database at ${folder.path('none.sqlite')}; "newswire serve" creates it\n`,
    );
  });

  it('exits with 2 when the environment is invalid', async () => {
    const { code, stderr } = await run(['sources'], { DATABASE_URL: 'nonsense', LOG_LEVEL: 'loud' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^DATABASE_URL: .*\nLOG_LEVEL: .*\n\n2 errors\.\n$/);
  });
});
