import { describe, expect, it } from 'vitest';
import { getPage } from '../../support/page-elements.ts';
import { makeApp, makeSource, noon, site } from '../../support/web/test-app.ts';

const hourMs = 3_600_000;

describe('the status page', () => {
  it('shows the key figures of the last day', async () => {
    const app = makeApp([], { site: () => ({ ...site, timezone: 'UTC' }) });
    app.reads.known = [makeSource(), makeSource({ id: 'b', title: 'B & Co', outcome: 'failed', items: 1200 })];
    const { byClass } = await getPage(app, '/status');
    expect(byClass('key-figures')[0]?.text).toBe(
      'new items in 24 hours 828 stored items 1,203 polls in 24 hours 1,030 sources 2 failing 1',
    );
    expect(byClass('intro')[0]?.text).toBe('Failing sources: B & Co. Their stored items remain available.');
  });

  it('shows each figure per hour as a chart and as a table', async () => {
    const sessionHistory = () => [
      { hourMs: noon - hourMs, peak: 2 },
      { hourMs: noon, peak: 7 },
    ];
    const { byName, textOf, byClass } = await getPage(makeApp([], { sessionHistory }), '/status');
    expect(textOf('caption')).toEqual([
      'Items per hour',
      'Delay from publication to storage, median in minutes',
      'Polls per hour',
      'Concurrent live connections, peak per hour',
    ]);
    const svgs = byName('svg');
    expect(svgs.every(({ attributes }) => attributes['role'] === 'img' && attributes['aria-label'] !== '')).toBe(true);
    expect(svgs.at(-1)?.text).toContain('12:00: 7 connections');
    // The time axis is that of the other charts; hours before the start are empty.
    expect(byName('tr').map(({ text }) => text)).toEqual(expect.arrayContaining(['12:00 7', '14:00 –']));
    expect(byClass('legend')[1]?.text).toBe('newunchangedthrottledfailed');
  });

  it('shows a message instead of an empty chart', async () => {
    const app = makeApp();
    app.reads.activity = async () => [];
    const { byName, byClass } = await getPage(app, '/status');
    expect(byName('svg')).toEqual([]);
    expect(byClass('empty').map(({ text }) => text)).toEqual(Array(4).fill('No data yet.'));
  });

  it('shows a storage fault, since when, and what to do', async () => {
    const storage = () => ({ fault: 'full', sinceMs: Date.UTC(2026, 0, 5, 12, 30), blocksWrites: true }) as const;
    const { byClass, html } = await getPage(makeApp([], { storage }), '/status');
    const text = byClass('problems')[0]?.text;
    expect(text).toContain('New items cannot be stored');
    expect(text).toContain('the disk of the database is full. Free disk space');
    expect(html).toContain('datetime="2026-01-05T12:30:00.000Z"');
  });

  it('shows configuration errors, escaped', async () => {
    const configProblems = () => [{ where: 'sources.yaml:14', what: 'url is <b>not</b> a URL', remedy: 'Write one' }];
    const { byClass, html } = await getPage(makeApp([], { configProblems }), '/status');
    expect(byClass('problems')[0]?.text).toContain('sources.yaml:14: url is <b>not</b> a URL. Write one.');
    expect(html).not.toContain('<b>not');
    expect((await getPage(makeApp(), '/status')).byClass('problems')).toEqual([]);
  });

  it('shows ignored declarations, escaped', async () => {
    const configWarnings = () => [{ where: 'a.opml:7', what: 'an outline <i>has</i> no xmlUrl', remedy: 'Remove it' }];
    const { byClass, html } = await getPage(makeApp([], { configWarnings }), '/status');
    expect(byClass('problems')[0]?.text).toContain('The configuration has warnings');
    expect(byClass('problems')[0]?.text).toContain('a.opml:7: an outline <i>has</i> no xmlUrl. Remove it.');
    expect(html).not.toContain('<i>has');
  });
});
