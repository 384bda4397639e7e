import { describe, expect, it } from 'vitest';
import { learnRhythm, silenceDeadlineMs } from '../../../src/domain/alerts/silence.ts';
import { dayMs, hourMs } from '../../../src/domain/durations.ts';
import { plainTable } from '../../support/plain-table.ts';
import { rhythms } from './posting-rhythms.ts';
import { type SilenceReport, simulateSilence } from './silence-simulation.ts';

/** Monday, 5 January 2026, 09:00 UTC, as an hour since the epoch. */
const monday9 = Date.UTC(2026, 0, 5, 9) / hourMs;

/** One post at 9 o'clock on the given days after the Monday. */
const daily = (days: number, isPosting: (day: number) => boolean = () => true): number[] =>
  Array.from({ length: days }, (_, day) => day)
    .filter(isPosting)
    .map((day) => monday9 + day * 24);

const isWeekday = (day: number): boolean => day % 7 < 5;

function deadlineOf(hours: readonly number[], falseAlarms = 0): number {
  const rhythm = learnRhythm(hours, falseAlarms);
  if (rhythm === null) throw new Error('no rhythm');
  return silenceDeadlineMs(rhythm, hours.at(-1) ?? 0);
}

/** Days from the last post to the deadline. */
function allowedDays(hours: readonly number[], falseAlarms = 0): number {
  return (deadlineOf(hours, falseAlarms) - (hours.at(-1) ?? 0) * hourMs) / dayMs;
}

describe('the silence of a source', () => {
  it('is not judged before ten posts and two weeks', () => {
    expect(learnRhythm([])).toBeNull();
    expect(learnRhythm(daily(9))).toBeNull();
    expect(learnRhythm(Array.from({ length: 200 }, (_, hour) => monday9 + hour))).toBeNull();
    expect(learnRhythm(daily(16))).not.toBeNull();
  });

  it('becomes unlikely for a regular daily source when it misses the second post', () => {
    expect(allowedDays(daily(60))).toBeGreaterThan(1);
    expect(allowedDays(daily(60))).toBeLessThan(2.5);
  });

  it('does not count the days on which the source never posts', () => {
    const untilMonday = daily(57, isWeekday);
    const untilFriday = daily(61, isWeekday);
    expect(new Date((untilFriday.at(-1) ?? 0) * hourMs).getUTCDay()).toBe(5);
    expect(allowedDays(untilMonday)).toBeLessThan(2.5);
    expect(allowedDays(untilFriday)).toBeGreaterThan(3.5);
  });

  it('may last longer after a false alarm', () => {
    expect(allowedDays(daily(60), 1)).toBeGreaterThan(allowedDays(daily(60)));
  });

  it('may last longer once the source has become slower', () => {
    const slower = [...daily(60), ...Array.from({ length: 10 }, (_, index) => monday9 + (62 + index * 3) * 24)];
    expect(allowedDays(slower)).toBeGreaterThan(1.5 * allowedDays(daily(60)));
  });

  it('is unlikely after 400 days, however rarely the source posts', () => {
    const rare = Array.from({ length: 12 }, (_, index) => monday9 + index * 300 * 24);
    expect(allowedDays(rare)).toBe(400);
  });
});

describe('a simulated year of posts', () => {
  const reports = rhythms.map((rhythm, index) => simulateSilence(rhythm, { seed: 7 + index, sources: 3, stops: 20 }));

  it('prints its table', () => {
    const rows = reports.map((report) => [
      report.name,
      String(report.posts),
      report.falseAlarms.toFixed(2),
      String(report.mostFalseAlarms),
      report.usualGapHours.toFixed(0),
      report.medianDelayHours.toFixed(0),
      report.delayInGaps.toFixed(2),
    ]);
    const head = ['rhythm', 'posts', 'false alarms', 'most', 'usual gap h', 'median delay h', 'delay / gap'];
    process.stdout.write(plainTable('Alerts on silence: a simulated year of 3 sources for each rhythm', head, rows));
    expect(rows).toHaveLength(12);
  });

  it.each(
    reports.map((report): [string, SilenceReport] => [report.name, report]),
  )('of %s has at most one false alarm for each source, and a median delay below three usual gaps', (_, report) => {
    expect(report.mostFalseAlarms).toBeLessThanOrEqual(1);
    expect(report.delayInGaps).toBeLessThan(3);
  });
});
