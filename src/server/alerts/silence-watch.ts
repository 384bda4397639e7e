import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Incident } from '../../domain/alerts/alert.ts';
import { learnRhythm, silenceDeadlineMs } from '../../domain/alerts/silence.ts';
import { dayMs, hourMs } from '../../domain/durations.ts';
import { readPostHours, type SourceFacts } from '../../store/alerts/alert-facts.ts';
import type { Db } from '../../store/engine/engine.ts';

/** The history from which a rhythm is learned: half a year, but at least the newest 100 hours with posts. */
const historyMs = 182 * dayMs;
const leastHours = 100;
const mostHours = 2000;
/** Sources whose rhythm is learned in one check: each takes some milliseconds. */
const maxLearned = 50;
/** A source without a rhythm is looked at again after this time. */
const relearnMs = dayMs;

/** A source that became silent, or that publishes again. */
export type SilenceChange =
  | { readonly kind: 'open'; readonly source: SourceFacts; readonly sinceMs: number; readonly allowedMs: number }
  /** Null: the source is not declared any more. */
  | { readonly kind: 'close'; readonly incident: Incident; readonly source: SourceFacts | null };

/**
 * Finds silent sources. A rhythm is learned when the silence that it allowed has passed: until then, no post of a source
 * needs to be looked at.
 */
export class SilenceWatch {
  /** When the silence of a source is looked at again, by id. */
  readonly #deadlines = new Map<string, number>();

  /** @param incidents silences that were reported and persist or ended within a year. */
  async check(
    db: Db,
    { sources, incidents, nowMs }: { sources: readonly SourceFacts[]; incidents: readonly Incident[]; nowMs: number },
  ): Promise<SilenceChange[]> {
    const open = new Map(incidents.filter(({ endedMs }) => endedMs === null).map((one) => [one.subject, one]));
    const declared = new Map(sources.map((source) => [source.id, source]));
    this.#forgetUndeclared(declared);
    const changes: SilenceChange[] = [];
    for (const incident of open.values()) {
      const source = declared.get(incident.subject) ?? null;
      if (source === null || (await hasPostedSince(db, source, incident)))
        changes.push({ kind: 'close', incident, source });
    }
    const due = sources.filter((source) => !open.has(source.id) && this.#isDue(source, nowMs));
    for (const source of due.slice(0, maxLearned)) {
      const falseAlarms = incidents.filter(({ subject, endedMs }) => endedMs !== null && subject === source.id).length;
      const silence = await this.#silenceOf(db, source, { nowMs, falseAlarms });
      if (silence !== null) changes.push({ kind: 'open', source, ...silence });
      await nextTurn();
    }
    return changes;
  }

  /** Only a source that was read after its deadline can be silent: before, it may only not have been polled. */
  #isDue({ id, failures, isGone, firstReadDone, lastSuccessMs }: SourceFacts, nowMs: number): boolean {
    const deadlineMs = this.#deadlines.get(id) ?? Number.NEGATIVE_INFINITY;
    const isWell = failures === 0 && !isGone && firstReadDone && lastSuccessMs !== null;
    return isWell && deadlineMs <= nowMs && lastSuccessMs >= deadlineMs;
  }

  async #silenceOf(
    db: Db,
    source: SourceFacts,
    { nowMs, falseAlarms }: { nowMs: number; falseAlarms: number },
  ): Promise<{ sinceMs: number; allowedMs: number } | null> {
    const hours = await readPostHours(db, source.id, {
      sinceHour: Math.floor((nowMs - historyMs) / hourMs),
      least: leastHours,
      most: mostHours,
    });
    const rhythm = learnRhythm(hours, falseAlarms);
    const lastHour = hours.at(-1);
    if (rhythm === null || lastHour === undefined) {
      this.#deadlines.set(source.id, nowMs + relearnMs);
      return null;
    }
    const deadlineMs = silenceDeadlineMs(rhythm, lastHour);
    this.#deadlines.set(source.id, deadlineMs);
    const isSilent = deadlineMs <= nowMs && (source.lastSuccessMs ?? 0) >= deadlineMs;
    return isSilent ? { sinceMs: lastHour * hourMs, allowedMs: deadlineMs - lastHour * hourMs } : null;
  }

  #forgetUndeclared(declared: ReadonlyMap<string, unknown>): void {
    for (const id of this.#deadlines.keys()) if (!declared.has(id)) this.#deadlines.delete(id);
  }
}

async function hasPostedSince(db: Db, { id }: SourceFacts, { sinceMs }: Incident): Promise<boolean> {
  const [lastHour] = await readPostHours(db, id, { sinceHour: Math.floor(sinceMs / hourMs) + 1, least: 0, most: 1 });
  return lastHour !== undefined;
}
