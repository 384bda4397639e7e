import fc from 'fast-check';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sanitiseHtml } from '../../src/normalise/html/sanitise.ts';
import { vectors } from '../fixtures/markup/vectors.ts';
import { findForbidden } from '../normalise/html/forbidden-html.ts';
import { randomHtml } from '../normalise/html/random-html.ts';
import { launchBrowser } from '../support/browser.ts';

const before = '<main><ul><li><div id="box">';
const after = '</div></li></ul><p id="after">after</p></main>';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** What a browser made of HTML in a box on a page. */
interface Seen {
  readonly inside: string;
  /** The page without what is in the box. */
  readonly around: string;
}

/** A page of which nothing leaves the machine, and what its scripts have called out. */
async function openPage(): Promise<{ page: Page; alerts: string[] }> {
  const page = await browser.newPage();
  const alerts: string[] = [];
  await page.route('**/*', (route) => route.abort());
  page.on('dialog', (dialog) => {
    alerts.push(dialog.message());
    return dialog.dismiss();
  });
  return { page, alerts };
}

// In the browser's own language, since tests are checked without its types.
const emptyBox = `(root) => {
  const box = root.querySelector('#box');
  const inside = box.innerHTML;
  box.innerHTML = '';
  return { inside, around: root.body.innerHTML };
}`;

/** Has a browser read HTML as a part of a document that may run scripts. */
async function readInDocument(page: Page, html: string): Promise<Seen> {
  await page.setContent(`<!doctype html><body>${before}${html}${after}`);
  return page.evaluate<Seen>(`(${emptyBox})(document)`);
}

/** Has a browser read each piece of HTML as script puts it into a page, and as it is read where scripts are off. */
async function readPieces(page: Page, pieces: readonly string[]): Promise<Seen[]> {
  await page.setContent(`<!doctype html><body>${before}${after}`);
  return page.evaluate<Seen[]>(`(() => {
    const look = ${emptyBox};
    return ${JSON.stringify(pieces)}.flatMap((html) => {
      document.querySelector('#box').innerHTML = html;
      const silent = ${JSON.stringify(before)} + html + ${JSON.stringify(after)};
      return [look(document), look(new DOMParser().parseFromString(silent, 'text/html'))];
    });
  })()`);
}

const clean = (html: string): string => sanitiseHtml(html, { baseUrl: 'https://feed.example/a/' });

describe('clean HTML in a browser', () => {
  it('is judged in a browser that runs what is not clean', async () => {
    const { page, alerts } = await openPage();
    const seen = await readInDocument(page, '</div><img src=x onerror=alert(1)>');
    await expect.poll(() => alerts).toEqual(['1']);
    expect(seen.around).not.toBe(before + after);
    await page.close();
  });

  it('is disarmed, whichever vector it was made of', async () => {
    const { page, alerts } = await openPage();
    for (const { id, html } of vectors) {
      const seen = await readInDocument(page, clean(html));
      expect({ id, found: findForbidden(seen.inside), around: seen.around }).toEqual({
        id,
        found: [],
        around: before + after,
      });
    }
    expect(alerts).toEqual([]);
    await page.close();
  });

  it('stays within its place, whatever was cleaned', async () => {
    const { page, alerts } = await openPage();
    const pieces = [...vectors.map(({ html }) => html), ...fc.sample(randomHtml, { numRuns: 2000, seed: 9 })].map(
      clean,
    );
    const seen = await readPieces(page, pieces);
    expect(seen.length).toBe(2 * pieces.length);
    for (const [index, { inside, around }] of seen.entries()) {
      const html = pieces[index >> 1];
      expect({ html, found: findForbidden(inside), around }).toEqual({ html, found: [], around: before + after });
    }
    expect(alerts).toEqual([]);
    await page.close();
  });
});
