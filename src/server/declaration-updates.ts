import { withListedSources } from '../config/lists/with-listed-sources.ts';
import { secondMs } from '../domain/durations.ts';
import {
  type DeclarationDifference,
  differenceBetween,
  removesMost,
} from '../domain/polling/declaration-difference.ts';
import type { ListContent } from '../domain/polling/remote-list.ts';
import type { Declarations } from '../domain/polling/source.ts';
import type { Log } from '../runtime/log.ts';
import type { Timers } from '../runtime/timers.ts';

/** How long a change that removes most sources has to stand before it is applied. */
export const removalDelayMs = 10 * secondMs;

/** The dependencies of declaration updates. */
export interface DeclarationUpdatesParts {
  /** The declarations in the folder. */
  readonly declared: Declarations;
  /** The active declarations: those of the folder with the sources of remote lists. */
  readonly active: Declarations;
  /** The contents of the remote lists, by their keys. */
  contents(): ReadonlyMap<string, ListContent>;
  /** Called with each new set of declarations. */
  apply(next: Declarations, difference: DeclarationDifference): void;
  readonly timers: Timers;
  readonly log: Log;
}

/** Combines changes of the folder and of the remote lists, and decides when they are applied. */
export interface DeclarationUpdates {
  /** The folder has new declarations, or is valid again. */
  folderChanged(declared: Declarations): void;
  /** The folder is invalid: a change that waits is dropped. */
  folderInvalid(): void;
  /** The content of a remote list has changed. */
  listsChanged(): void;
  /** Nothing is applied afterwards. */
  stop(): void;
}

/**
 * Creates the updates. A change that removes more than half of ten or more sources waits 10 s, because it may be a file
 * that an editor has half written, or a bad remote list. It is applied if it still stands then.
 */
export function createDeclarationUpdates(parts: DeclarationUpdatesParts): DeclarationUpdates {
  const { timers, log } = parts;
  let { declared, active } = parts;
  /** The declarations of the folder that `active` was made of. */
  let activeDeclared = declared;
  let cancelTimer: (() => void) | null = null;
  let isStopped = false;

  const dropWaiting = (): void => {
    cancelTimer?.();
    cancelTimer = null;
  };
  const apply = (next: Declarations, difference: DeclarationDifference): void => {
    dropWaiting();
    active = next;
    activeDeclared = declared;
    parts.apply(next, difference);
  };
  const update = (): void => {
    if (isStopped) return;
    const next = withListedSources(declared, parts.contents());
    const difference = differenceBetween(active.sources, next.sources);
    if (!removesMost(difference, active.sources)) {
      apply(next, difference);
      return;
    }
    // The first change starts the delay, the last one is applied: continuous changes do not postpone it.
    if (cancelTimer !== null) return;
    log.warn(
      { ...difference, sources: active.sources.length, delayMs: removalDelayMs },
      'the new declarations remove more than half of the sources; they are applied after a delay if they stand',
    );
    cancelTimer = timers.after(removalDelayMs, () => {
      const last = withListedSources(declared, parts.contents());
      apply(last, differenceBetween(active.sources, last.sources));
    });
  };
  return {
    folderChanged(next) {
      declared = next;
      update();
    },
    folderInvalid() {
      dropWaiting();
      declared = activeDeclared;
    },
    listsChanged() {
      // The lists may have changed in what is not declared: how often a document lacked a source.
      if (isSame(withListedSources(declared, parts.contents()), active)) dropWaiting();
      else update();
    },
    stop() {
      isStopped = true;
      dropWaiting();
    },
  };
}

function isSame(one: Declarations, other: Declarations): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
