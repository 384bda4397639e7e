import { describe, expect, it } from 'vitest';
import { readDeclarations } from '../../src/config/read-declarations.ts';
import { everything } from '../../src/domain/events/filter.ts';
import { decodeSecret } from '../../src/domain/events/webhook.ts';
import { problemsOf, useFolders } from './temporary-folder.ts';

const makeFolder = useFolders();
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** The webhooks that the files declare. */
async function declared(files: Record<string, string>, env: Record<string, string> = {}) {
  return (await readDeclarations(makeFolder(files).dir, env)).webhooks;
}

async function errorsOf(text: string, env: Record<string, string> = {}): Promise<string[]> {
  return await problemsOf(readDeclarations(makeFolder({ 'a.yaml': text }).dir, env));
}

const hook = (more = '') => `webhooks:\n  - url: https://example.org/hooks/news\n    secret: ${secret}\n${more}`;

describe('declared webhooks', () => {
  it('are read from every file, with default id and filter', async () => {
    const webhooks = await declared({
      'a.yaml': hook(),
      'b.yaml': `webhooks:\n  - url: http://example.com:8080/in?x=1\n    id: own\n    secret: ${secret}\n    filter: { sections: [World News], q: 'Budget -sport' }\n`,
    });
    expect(webhooks).toEqual([
      {
        id: 'example-org-hooks-news',
        formerId: null,
        url: 'https://example.org/hooks/news',
        hidden: null,
        secrets: [secret],
        filter: everything,
        declaredAt: 'a.yaml:2',
      },
      {
        id: 'own',
        formerId: null,
        url: 'http://example.com:8080/in?x=1',
        hidden: null,
        secrets: [secret],
        filter: { ...everything, sections: ['world-news'], q: '-sport budget' },
        declaredAt: 'b.yaml:2',
      },
    ]);
  });

  it('read secret and URL from the environment', async () => {
    const text = `webhooks:\n  - { id: x, url: "https://example.org/$\{PART}", secret: "$\{KEY}" }\n`;
    expect(await declared({ 'a.yaml': text }, { KEY: secret, PART: 'deep' })).toMatchObject([
      { url: 'https://example.org/deep', secrets: [secret] },
    ]);
    expect(await errorsOf(text, { PART: 'deep' })).toEqual([
      `a.yaml:2: the environment variable KEY is not set. Set KEY, or remove $\{KEY}; write $$\{ for a literal $\{.`,
    ]);
  });

  const env = { KEY: secret, TOKEN: 's3cret', HOST: 'example.org', PLACE: 'https://example.org/in/s3cret?x' };

  it.each([
    [`https://example.org/in?t=\${TOKEN}`, 'https://example.org/in?t=***', 'example-org-in', null],
    [`https://example.org/in/\${TOKEN}`, 'https://example.org/in/***', 'example-org-in-token', 'example-org-in-s3cret'],
    [`https://\${HOST}/in/news`, 'https://example.org/***', 'example-org-in-news', null],
    [`\${PLACE}`, 'https://example.org/***', 'example-org-place', 'example-org-in-s3cret'],
    ['https://example.org/in/s3cret', null, 'example-org-in-s3cret', null],
  ])('mask environment values in URL and id: %s', async (url, shown, id, formerId) => {
    const [webhook] = await declared({ 'a.yaml': `webhooks:\n  - { url: "${url}", secret: "$\{KEY}" }\n` }, env);
    expect(webhook).toMatchObject({ id, formerId });
    expect(webhook?.hidden?.url ?? null).toBe(shown);
    expect(webhook?.url).not.toContain('***');
  });

  it('have ids with the names of variables in their paths', async () => {
    const two = ['PLACE', 'TOKEN'].map((name) => `  - { url: "https://example.org/$\{${name}}", secret: "$\{KEY}" }\n`);
    const webhooks = await declared({ 'a.yaml': `webhooks:\n${two.join('')}` }, { ...env, PLACE: 's3cret' });
    expect(webhooks.map(({ id }) => id)).toEqual(['example-org-place', 'example-org-token']);
  });

  it.each([
    ['id: My Hook', 'a.yaml:4: id may contain only lower-case letters, digits and single hyphens: "My Hook"'],
    ['events: all', 'a.yaml:4: unknown key "events"'],
    ['filter: everything', 'a.yaml:4: filter is not a mapping: "everything"'],
    ['filter:\n      section: [World]', 'a.yaml:5: unknown key "section". Did you mean "sections"?'],
    ['filter:\n      sections: World', 'a.yaml:5: filter.sections is not a list: "World"'],
    ['filter:\n      sections:\n        - 1', 'a.yaml:6: filter.sections is not text: 1'],
    ['filter:\n      backfill: maybe', 'a.yaml:5: filter.backfill is not true or false: "maybe"'],
    ['filter: { q: "-" }', `a.yaml:4: filter is invalid: 'q' contains no search term`],
    ['filter: { sections: [" "] }', `a.yaml:4: filter is invalid: 'sections' must be an array of strings`],
  ])('are invalid with %s', async (line, what) => {
    expect(await errorsOf(hook(`    ${line}\n`))).toEqual([expect.stringContaining(what)]);
  });

  it.each([
    ['', 'url is empty: ""'],
    ['example.org/x', 'url is not an absolute URL: "example.org/x"'],
    ['ftp://example.org/', 'url is not http or https: "ftp://example.org/"'],
    ['file:x', 'url is not http or https: "file:x"'],
    ['https://me:pass@example.org/', 'url contains a user name or a password: "https://…@example.org/"'],
    ['https://example.org/#x', 'url has a fragment, which is never sent: "https://example.org/#x"'],
    [`https://example.org/${'a'.repeat(2048)}`, 'url is longer than 2048 characters'],
  ])('are invalid with the URL %s', async (url, what) => {
    const [line] = await errorsOf(`webhooks:\n  - url: "${url}"\n    secret: ${secret}\n`);
    expect(line).toContain(`a.yaml:2: ${what}`);
    if (url !== '')
      expect(line).toContain('Write the complete URL of the receiver, such as https://example.org/hooks/news.');
  });

  it.each([
    'hush',
    'whsec_',
    'whsec_AAAA',
    `whsec_${'A'.repeat(100)}`,
    `whsec_${Buffer.alloc(32).toString('base64').replace('=', '')}`,
    Buffer.alloc(32).toString('base64'),
  ])('are invalid with the secret %s, which is not quoted', async (bad) => {
    const [line, ...others] = await errorsOf(`webhooks:\n  - url: https://example.org/\n    secret: "${bad}"\n`);
    expect(line).toBe(
      'a.yaml:3: secret is not whsec_ and the base64 of 24 to 64 bytes. Create one with: ' +
        `echo "whsec_$(openssl rand -base64 32)"; store it in the environment and write "$\{NEWS_HOOK_SECRET}".`,
    );
    expect(others).toEqual([]);
    expect(decodeSecret(bad)).toBeNull();
  });

  it('may have several secrets, each of which is validated', async () => {
    const listed = (list: string) =>
      `webhooks:\n  - url: https://example.org/\n    secret:\n      - ${secret}\n${list}`;
    const other = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    expect(await declared({ 'a.yaml': listed(`      - ${other}\n`) })).toMatchObject([{ secrets: [secret, other] }]);
    expect(await errorsOf(listed('      - hush\n'))).toEqual([
      expect.stringMatching(/^a\.yaml:5: secret is not whsec_/),
    ]);
    const many = `      - ${other}\n`.repeat(4);
    expect(await errorsOf(listed(many))).toEqual([expect.stringMatching(/^a\.yaml:4: secret is not a list of 1 to 4/)]);
    expect(await errorsOf('webhooks:\n  - { url: "https://example.org/", secret: [] }')).toHaveLength(1);
    expect(await errorsOf('webhooks:\n  - { url: "https://example.org/", secret: 12 }')).toEqual([
      expect.stringMatching(/^a\.yaml:2: secret is not whsec_[^1]*$/),
    ]);
  });

  it.each([
    ['webhooks: https://example.org/', 'a.yaml:1: webhooks is not a list. Start every webhook with'],
    ['webhooks:\n  - https://example.org/', 'a.yaml:2: a webhook is not a mapping: "https://example.org/"'],
    ['webhooks:\n  - url: https://example.org/', 'a.yaml:2: secret is missing. Create one with'],
    ['webhook: []', 'a.yaml:1: unknown key "webhook". Did you mean "webhooks"?'],
  ])('are invalid as %j', async (text, what) => {
    expect(await errorsOf(text)).toEqual([expect.stringContaining(what)]);
  });

  it('need declared ids if host and path are equal', async () => {
    const two = `${hook()}  - { url: "https://example.org/hooks/news?b", secret: ${secret} }\n`;
    expect(await errorsOf(two)).toEqual([
      'a.yaml:4: the webhook\'s id "example-org-hooks-news" is already used at a.yaml:2. Give each webhook a unique id.',
    ]);
    const declaration = `${hook()}  - { id: b, url: "https://example.org/hooks/news", secret: ${secret} }\n`;
    expect((await declared({ 'a.yaml': declaration })).map(({ id }) => id)).toEqual(['example-org-hooks-news', 'b']);
  });
});
