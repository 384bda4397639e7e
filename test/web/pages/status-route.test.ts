import { describe, expect, it } from 'vitest';
import { getPage } from '../../support/page-elements.ts';
import { makeApp, makeSource, noon, site } from '../../support/web/test-app.ts';

const hourMs = 3_600_000;

describe('the status page', () => {
  it('tells the figures of the last day at a glance', async () => {
    const app = makeApp([], { site: () => ({ ...site, timezone: 'UTC' }) });
    app.reads.known = [makeSource(), makeSource({ id: 'b', title: 'B & Co', outcome: 'failed', items: 1200 })];
    const { byClass } = await getPage(app, '/status');
    expect(byClass('figures')[0]?.text).toBe(
      'new items in 24 hours 828 stored items 1,203 reads of sources in 24 hours 1,030 sources 2 in trouble 1',
    );
    expect(byClass('standfirst')[0]?.text).toBe('Cannot be read at present: B & Co. What they had is kept.');
  });

  it('plots each figure by the hour, with the same in a table behind it', async () => {
    const sessionHistory = () => [
      { hourMs: noon - hourMs, peak: 2 },
      { hourMs: noon, peak: 7 },
    ];
    const { byName, textOf, byClass } = await getPage(makeApp([], { sessionHistory }), '/status');
    expect(textOf('caption')).toEqual([
      'Items per hour',
      'From publication to us, median in minutes',
      'Reads of sources per hour',
      'Live connections, most at a time',
    ]);
    const svgs = byName('svg');
    expect(svgs.every(({ attributes }) => attributes['role'] === 'img' && attributes['aria-label'] !== '')).toBe(true);
    expect(svgs.at(-1)?.text).toContain('12:00: 7 connections');
    // On the same axis as the others: hours before the start are there, and empty.
    expect(byName('tr').map(({ text }) => text)).toEqual(expect.arrayContaining(['12:00 7', '14:00 –']));
    expect(byClass('legend')[1]?.text).toBe('newunchangedtold to waitfailed');
  });

  it('says that there is nothing yet instead of drawing nothing', async () => {
    const app = makeApp();
    app.reads.activity = async () => [];
    const { byName, byClass } = await getPage(app, '/status');
    expect(byName('svg')).toEqual([]);
    expect(byClass('empty').map(({ text }) => text)).toEqual(Array(4).fill('Nothing yet.'));
  });

  it('shows that nothing can be stored, since when, and what to do', async () => {
    const storage = () => ({ fault: 'full', sinceMs: Date.UTC(2026, 0, 5, 12, 30), blocksWrites: true }) as const;
    const { byClass, html } = await getPage(makeApp([], { storage }), '/status');
    const text = byClass('problems')[0]?.text;
    expect(text).toContain('Nothing new can be stored');
    expect(text).toContain('the disk of the database is full. Free space on it');
    expect(html).toContain('datetime="2026-01-05T12:30:00.000Z"');
  });

  it('shows what is wrong with declarations that are not in force, as text', async () => {
    const configProblems = () => [{ where: 'sources.yaml:14', what: 'url is <b>not</b> a URL', remedy: 'Write one' }];
    const { byClass, html } = await getPage(makeApp([], { configProblems }), '/status');
    expect(byClass('problems')[0]?.text).toContain('sources.yaml:14: url is <b>not</b> a URL. Write one.');
    expect(html).not.toContain('<b>not');
    expect((await getPage(makeApp(), '/status')).byClass('problems')).toEqual([]);
  });
});
