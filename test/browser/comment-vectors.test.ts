import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBrowser } from '../support/browser.ts';
import { until } from '../support/until.ts';
import { type ItemServer, startItemServer } from '../support/web/item-server.ts';

/** Texts that would run scripts, load resources or break out of their element if they were parsed as markup. */
const vectors = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<img/src=x/onerror=alert(1)//>',
  '<svg onload=alert(1)>',
  '<svg><a><animate attributeName=href values="#;javascript:alert(1)"/><text>x</text></a></svg>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '</p></li></ol></section><script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '<a href="javascript:alert(1)">click</a>',
  'javascript:alert(1)',
  'https://example.org/"onmouseover="alert(1)',
  "https://example.org/'onfocus='alert(1)' autofocus",
  'https://example.org/<img src=x onerror=alert(1)>',
  'https://example.org/#javascript:alert(1)',
  'http://javascript:alert(1)@example.org/',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<base href=//evil.example/>',
  '<meta http-equiv=refresh content="0;url=//evil.example">',
  '<style>*{background:url(//evil.example)}</style>',
  '<form action=//evil.example><input name=token>',
  '<input autofocus onfocus=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<template shadowrootmode=open><script>alert(1)</script></template>',
  '<!-- --!><img src=x onerror=alert(1)> -->',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&#x3c;img src=x onerror=alert(1)&#x3e;',
  '{{constructor.constructor("alert(1)")()}}',
  '__proto__',
  '\u202e>)1(trela=rorreno x=crs gmi<',
  '\u2028<script>alert(1)</script>\u2029',
  '＜script＞alert(1)＜/script＞',
];

const browser = useBrowser();
let server: ItemServer;
beforeAll(async () => {
  server = await startItemServer({ env: { ADMIN_TOKEN: 'a-token-of-the-operator' } });
});
afterAll(() => server.close());

describe('markup in a comment', () => {
  it('is shown as text by the server, by the page script and on the moderation page', async () => {
    const page = await browser.newPage();
    const happened: string[] = [];
    page.on('dialog', (dialog) => {
      happened.push(dialog.message());
      void dialog.dismiss();
    });
    page.on('pageerror', (error) => happened.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) happened.push(request.url());
    });
    await page.goto(`${server.url}/items/1`);
    await page.getByText('live', { exact: true }).waitFor();
    const insert = `insert into comment (item_id, author_name, body, state, at_ms) values (1, ?, ?, 'approved', 0)`;
    for (const vector of vectors) server.sql(insert, vector, vector);
    server.sql(
      'insert into item_count (item_id, comments, comments_revision) values (1, 1, 1) on conflict do update set comments_revision = 1',
    );

    const look = async (list: string) => ({
      names: (await page.locator(`${list} .comment-name`).allTextContents()).toReversed(),
      bodies: (await page.locator(`${list} .comment-body`).allTextContents()).toReversed(),
      links: await page.locator(`${list} .comment-body a`).evaluateAll((links) => links.map((link) => String(link))),
      elements: await page
        .locator(`${list} *`)
        .evaluateAll((all) =>
          [...new Set(all.map((one) => (one as unknown as { localName: string }).localName))].sort(),
        ),
    });
    await until(
      'the page script shows all comments',
      async () => (await page.locator('.comment-list li').count()) === vectors.length,
    );
    const live = await look('.comment-list');
    expect(live.names).toEqual(vectors);
    expect(live.bodies).toEqual(vectors);
    expect(live.elements).toEqual(['a', 'bdi', 'li', 'p', 'time']);
    for (const link of live.links) expect(link).toMatch(/^https:\/\/example\.org\//);

    await page.reload();
    expect(await look('.comment-list')).toEqual(live);

    await page.goto(`${server.url}/admin`);
    await page.getByLabel('Token').fill('a-token-of-the-operator');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.goto(`${server.url}/admin/comments?state=all`);
    const moderated = await look('.moderation-list');
    expect([moderated.names, moderated.bodies, moderated.links]).toEqual([vectors, vectors, live.links]);
    expect(happened).toEqual([]);
  });
});
