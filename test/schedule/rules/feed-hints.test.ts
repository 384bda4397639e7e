import { describe, expect, it } from 'vitest';
import { noHints } from '../../../src/domain/items/parsed-feed.ts';
import { hintInterval, skipForward, storableHints } from '../../../src/schedule/rules/feed-hints.ts';
import { notesOf } from '../../support/notes.ts';
import { dayMs, hourMs, minuteMs } from './poll-fixtures.ts';

const ttl = (ttlMinutes: number) => hintInterval({ ...noHints, ttlMinutes }, null);
const sy = (updatePeriod: string, updateFrequency: number | null = null) =>
  hintInterval({ ...noHints, updatePeriod, updateFrequency }, null);

describe('hintInterval', () => {
  it('is zero without hints', () => {
    expect(hintInterval(null, null)).toEqual({ minIntervalMs: 0, rule: null, notes: [] });
    expect(hintInterval(noHints, null)).toEqual({ minIntervalMs: 0, rule: null, notes: [] });
  });

  it('reads ttl in minutes', () => {
    expect(ttl(180)).toEqual({ minIntervalMs: 3 * hourMs, rule: 'ttl', notes: [] });
  });

  it.each([0, -5, Number.NaN, Number.POSITIVE_INFINITY])('ignores a ttl of %d and records it', (minutes) => {
    expect(ttl(minutes)).toEqual({ minIntervalMs: 0, rule: null, notes: notesOf('hint_invalid') });
  });

  it('caps a ttl beyond a day and records it', () => {
    expect(ttl(1e9)).toEqual({ minIntervalMs: dayMs, rule: 'ttl', notes: notesOf('hint_capped') });
  });

  it('divides the syndication period by its frequency', () => {
    expect(sy('hourly', 2).minIntervalMs).toBe(30 * minuteMs);
    expect(sy('daily', 4).minIntervalMs).toBe(6 * hourMs);
  });

  it('treats a missing frequency as one', () => {
    expect(sy('hourly').minIntervalMs).toBe(hourMs);
  });

  it('ignores case and white space of the period', () => {
    expect(sy(' Daily\n', 2).minIntervalMs).toBe(12 * hourMs);
  });

  it.each([
    ['fortnightly', 1],
    ['hourly', 0],
    ['hourly', -1],
    ['hourly', Number.NaN],
    ['constructor', 1],
  ])('ignores %s at frequency %d and records it', (period, frequency) => {
    expect(sy(period, frequency)).toMatchObject({ minIntervalMs: 0, notes: notesOf('hint_invalid') });
  });

  it('caps a yearly period at a day', () => {
    expect(sy('yearly')).toMatchObject({ minIntervalMs: dayMs, notes: notesOf('hint_capped') });
  });

  it('uses the longer of ttl and syndication period', () => {
    const hints = { ...noHints, ttlMinutes: 90, updatePeriod: 'hourly', updateFrequency: 1 };
    expect(hintInterval(hints, null)).toMatchObject({ rule: 'ttl', minIntervalMs: 90 * minuteMs });
    expect(hintInterval({ ...hints, updatePeriod: 'daily' }, null)).toMatchObject({
      rule: 'update_period',
      minIntervalMs: dayMs,
    });
  });

  it.each([0, -1, Number.NaN])('ignores a lifetime of %d', (freshnessLifetimeMs) => {
    expect(hintInterval(null, freshnessLifetimeMs)).toEqual({ minIntervalMs: 0, rule: null, notes: [] });
  });

  it('caps a lifetime of years at a day', () => {
    expect(hintInterval(null, 3_650 * dayMs)).toEqual({
      minIntervalMs: dayMs,
      rule: 'max_age',
      notes: notesOf('hint_capped'),
    });
  });

  it('keeps a valid hint beside an invalid one', () => {
    expect(hintInterval({ ...noHints, ttlMinutes: -1 }, 2 * hourMs)).toEqual({
      minIntervalMs: 2 * hourMs,
      rule: 'max_age',
      notes: notesOf('hint_invalid'),
    });
  });
});

/** Monday, 5 January 2026. */
const at = (hour: number, minute = 0, day = 5) => Date.UTC(2026, 0, day, hour, minute);

describe('skipForward', () => {
  it('does not change a time outside all windows', () => {
    expect(skipForward(at(5, 30), { ...noHints, skipHours: [3, 4] })).toEqual({
      atMs: at(5, 30),
      rule: null,
      notes: [],
    });
    expect(skipForward(at(5, 30), null)).toEqual({ atMs: at(5, 30), rule: null, notes: [] });
  });

  it('moves a time to the end of consecutive skipped hours', () => {
    expect(skipForward(at(3, 10), { ...noHints, skipHours: [3, 4] })).toEqual({
      atMs: at(5),
      rule: 'skip_hours',
      notes: [],
    });
  });

  it('moves past midnight', () => {
    expect(skipForward(at(22, 10), { ...noHints, skipHours: [22, 23, 0] }).atMs).toBe(at(1, 0, 6));
  });

  it('treats hour 24 as hour 0', () => {
    expect(skipForward(at(0, 10), { ...noHints, skipHours: [24] }).atMs).toBe(at(1));
  });

  it('moves past named days in UTC, ignoring case', () => {
    expect(skipForward(at(3, 10), { ...noHints, skipDays: ['Monday', ' tuesday '] })).toEqual({
      atMs: at(0, 0, 7),
      rule: 'skip_days',
      notes: [],
    });
  });

  it('moves on when the day after starts with a skipped hour', () => {
    const hints = { ...noHints, skipDays: ['Monday'], skipHours: [0, 1] };
    expect(skipForward(at(3, 10), hints).atMs).toBe(at(2, 0, 6));
  });

  it('finds the only allowed hour of the week', () => {
    const hints = {
      ...noHints,
      skipDays: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
      skipHours: Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => hour !== 9),
    };
    expect(skipForward(at(10), hints).atMs).toBe(at(9, 0, 11));
  });

  it('ignores a list of all hours, and records it', () => {
    const skipHours = Array.from({ length: 24 }, (_, hour) => hour);
    expect(skipForward(at(3), { ...noHints, skipHours })).toEqual({
      atMs: at(3),
      rule: null,
      notes: notesOf('hint_invalid'),
    });
  });

  it('ignores a list of all days, and records it', () => {
    const skipDays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
    expect(skipForward(at(3), { ...noHints, skipDays })).toEqual({
      atMs: at(3),
      rule: null,
      notes: notesOf('hint_invalid'),
    });
  });

  it('ignores hours and days that do not exist, and records them', () => {
    const hints = { ...noHints, skipHours: [3, 99, -1, 3.5, Number.NaN], skipDays: ['Montag'] };
    expect(skipForward(at(3, 10), hints)).toEqual({ atMs: at(4), rule: 'skip_hours', notes: notesOf('hint_invalid') });
  });
});

describe('storableHints', () => {
  it('keeps valid hints', () => {
    const hints = {
      ttlMinutes: 60,
      updatePeriod: 'hourly',
      updateFrequency: 2,
      skipHours: [3, 24],
      skipDays: ['sunday'],
    };
    expect(storableHints(hints)).toEqual(hints);
  });

  it('limits the size of stored hints', () => {
    const many = Array.from({ length: 100_000 }, (_, n) => n);
    const hints = storableHints({
      ...noHints,
      updatePeriod: 'x'.repeat(1_000_000),
      skipHours: many,
      skipDays: many.map((n) => `day ${n}`),
    });
    expect(JSON.stringify(hints).length).toBeLessThan(400);
  });

  it('keeps invalid hints invalid across JSON', () => {
    const raw = {
      ttlMinutes: Number.NaN,
      updatePeriod: 'hourly',
      updateFrequency: Number.POSITIVE_INFINITY,
      skipHours: [Number.NaN],
      skipDays: ['Montag'],
    };
    const thawed = JSON.parse(JSON.stringify(storableHints(raw)));
    expect(hintInterval(thawed, null)).toEqual({ minIntervalMs: 0, rule: null, notes: notesOf('hint_invalid') });
    expect(skipForward(at(3), thawed)).toEqual({ atMs: at(3), rule: null, notes: notesOf('hint_invalid') });
  });
});
