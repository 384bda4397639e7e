import { describe, expect, it } from 'vitest';
import { readDeclarations } from '../../src/config/read-declarations.ts';
import { alertKinds } from '../../src/domain/alerts/alert.ts';
import { displayUrl } from '../../src/domain/masking.ts';
import { problemsOf, useFolders } from './temporary-folder.ts';

const makeFolder = useFolders();
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const room = 'https://matrix.example.org/_matrix/client/v3/rooms/!r:example.org';

async function declared(text: string, env: Record<string, string> = {}) {
  return (await readDeclarations(makeFolder({ 'a.yaml': text }).dir, env)).alerts;
}

async function errorsOf(text: string, env: Record<string, string> = {}): Promise<string[]> {
  return await problemsOf(readDeclarations(makeFolder({ 'a.yaml': text }).dir, env));
}

describe('declared receivers of alerts', () => {
  it('are of type json and get all alerts unless the declaration says otherwise', async () => {
    const text = `alerts:\n  - { url: "https://example.org/hooks/ops", secret: ${secret} }\n`;
    expect(await declared(text)).toEqual([
      {
        ...{ id: 'json-example-org', type: 'json', url: 'https://example.org/hooks/ops', hidden: null },
        ...{ on: alertKinds, secrets: [secret], declaredAt: 'a.yaml:2' },
      },
    ]);
  });

  it('are read in every type', async () => {
    const text = [
      'alerts:',
      '  - { type: ntfy, url: "https://ntfy.example.org/topic", token: tk_1, on: [disk, disk, config] }',
      '  - { type: slack, url: "https://hooks.example.org/services/T/B/x" }',
      '  - { type: discord, url: "https://discord.example.org/api/webhooks/1/x", id: chat }',
      `  - { type: matrix, url: "${room}", token: syt_1 }`,
      '  - { type: email, url: "smtp://mail.example.org:587", from: n@example.org, to: ops@example.org }',
      '  - { type: email, id: two, url: "smtps://mail.example.org", from: n@example.org, to: [a@example.org, b@example.org], user: n, password: p }',
    ].join('\n');
    expect(await declared(text)).toMatchObject([
      { id: 'ntfy-ntfy-example-org', type: 'ntfy', token: 'tk_1', on: ['disk', 'config'] },
      { id: 'slack-hooks-example-org', type: 'slack' },
      { id: 'chat', type: 'discord' },
      { id: 'matrix-matrix-example-org', type: 'matrix', token: 'syt_1', url: room },
      { id: 'email-mail-example-org-587', type: 'email', to: ['ops@example.org'], login: null },
      { id: 'two', to: ['a@example.org', 'b@example.org'], login: { user: 'n', password: 'p' } },
    ]);
  });

  it('are shown without the parts of their addresses that are secret', async () => {
    const text = [
      'alerts:',
      '  - { type: slack, url: "https://hooks.example.org/services/T/B/x" }',
      `  - { url: "https://example.org/in/\${TOKEN}", secret: ${secret} }`,
    ].join('\n');
    const alerts = await declared(text, { TOKEN: 's3cret-token' });
    expect(alerts.map(displayUrl)).toEqual(['https://hooks.example.org/***', 'https://example.org/***']);
  });

  it.each([
    ['url: https://example.org/', 'a.yaml:2: secret is missing, which type json requires. Create one with'],
    [`url: "${room}", type: matrix`, 'a.yaml:2: token is missing, which type matrix requires'],
    ['url: "smtp://example.org", type: email, to: a@example.org', 'from is missing, which type email requires'],
    [
      `url: "https://ntfy.example.org/t", type: ntfy, secret: ${secret}`,
      'secret is not a setting of type ntfy. Remove it; ntfy has token.',
    ],
    ['url: "https://example.org/x", type: slack, token: a', 'token is not a setting of type slack. Remove it.'],
    ['url: "https://example.org/a/b", type: ntfy', 'url is not an address of type ntfy: "https://example.org/a/b"'],
    ['url: "https://example.org/x", type: matrix, token: a', 'url is not an address of type matrix'],
    ['url: "https://example.org", type: email, from: a@example.org, to: b@example.org', 'not an address of type email'],
    [
      'url: "smtp://u:p@example.org", type: email, from: a@example.org, to: b@example.org',
      'url contains a user name, a password or a fragment',
    ],
    ['url: nowhere', 'a.yaml:2: url is not an absolute URL: "nowhere"'],
    [`url: "https://example.org/", secret: ${secret}, on: [fail]`, 'a.yaml:2: on is none of failing, recovered'],
    [`url: "https://example.org/", secret: ${secret}, on: []`, 'a.yaml:2: on '],
    ['url: "https://example.org/", type: pager', 'a.yaml:2: type is none of json, ntfy, slack, discord'],
    [
      'url: "smtp://example.org", type: email, from: a@example.org, to: "b@example.org\\r\\nBcc: c@example.org"',
      'a.yaml:2: to ',
    ],
    [
      'url: "smtp://example.org", type: email, from: a@example.org, to: b@example.org, user: n',
      'user and password are not both given. Write both, or remove both.',
    ],
    ['url: "https://ntfy.example.org/t", type: ntfy, token: "a b"', 'token contains a space'],
  ])('are invalid with %s', async (fields, message) => {
    const [first, ...others] = await errorsOf(`alerts:\n  - { ${fields} }\n`);
    expect(first).toContain(message);
    expect(first).not.toMatch(/"a b"|whsec_[A-Za-z0-9+/]{20}/);
    expect(others).toEqual([]);
  });

  it('need different ids', async () => {
    const line = `  - { url: "https://example.org/a", secret: ${secret} }\n`;
    expect(await errorsOf(`alerts:\n${line}${line}`)).toEqual([
      `a.yaml:3: the alert receiver's id "json-example-org" is already used at a.yaml:2. Give each receiver a unique id.`,
    ]);
  });

  it('are a list of mappings', async () => {
    expect(await errorsOf('alerts: https://example.org/')).toEqual([
      'a.yaml:1: alerts is not a list. Start every receiver of alerts with "- url: https://…".',
    ]);
    expect(await errorsOf('alerts:\n  - https://example.org/')).toEqual([
      'a.yaml:2: an alert is not a mapping: "https://example.org/". Start every receiver of alerts with "- url: https://…".',
    ]);
  });
});
