import fc from 'fast-check';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { sanitiseHtml } from '../../src/normalise/html/sanitise.ts';
import { vectors } from '../fixtures/markup/vectors.ts';
import { findForbidden } from '../normalise/html/forbidden-html.ts';
import { randomHtml } from '../normalise/html/random-html.ts';
import { useBrowser } from '../support/browser.ts';

const before = '<main><ul><li><div id="box">';
const after = '</div></li></ul><p id="after">after</p></main>';

const browser = useBrowser();

/** The result of parsing HTML inside a box on a page. */
interface Seen {
  readonly inside: string;
  /** The page without the content of the box. */
  readonly around: string;
}

/** A page without network access, and the messages of the dialogs that its scripts opened. */
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

// A string, because test files are checked without the types of the browser.
const emptyBox = `(root) => {
  const box = root.querySelector('#box');
  const inside = box.innerHTML;
  box.innerHTML = '';
  return { inside, around: root.body.innerHTML };
}`;

/** Parses HTML as part of a document with scripts enabled. */
async function readInDocument(page: Page, html: string): Promise<Seen> {
  await page.setContent(`<!doctype html><body>${before}${html}${after}`);
  return page.evaluate<Seen>(`(${emptyBox})(document)`);
}

/** Parses each piece of HTML through `innerHTML`, and with a parser that has scripts disabled. */
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

describe('sanitised HTML in a browser', () => {
  it('is tested in a browser that runs unsanitised HTML', async () => {
    const { page, alerts } = await openPage();
    const seen = await readInDocument(page, '</div><img src=x onerror=alert(1)>');
    await expect.poll(() => alerts).toEqual(['1']);
    expect(seen.around).not.toBe(before + after);
  });

  it('contains nothing active, for every attack vector', async () => {
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
  });

  it('never changes the page around it, for random markup', async () => {
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
  });
});
