import { Presets, SingleBar } from 'cli-progress';

/** Progress of a command. */
export interface Progress {
  step(): void;
  /** Removes the bar. */
  end(): void;
}

/** With fewer steps the bar would vanish before it could be read. */
const minSteps = 20;

const noProgress: Progress = { step: () => undefined, end: () => undefined };

/**
 * A progress bar of `total` steps.
 *
 * @param terminal where it is drawn; null: not drawn.
 */
export function showProgress(terminal: NodeJS.WritableStream | null, total: number, what: string): Progress {
  if (terminal === null || total < minSteps) return noProgress;
  const bar = startBar(terminal, total, what);
  return { step: () => bar.increment(), end: () => bar.stop() };
}

/** Progress of a file that is copied. */
export interface CopyProgress {
  update(doneBytes: number, totalBytes: number): void;
  /** Removes the bar. */
  end(): void;
}

/**
 * A progress bar in megabytes, drawn once the size is known.
 *
 * @param terminal where it is drawn; null: not drawn.
 */
export function showCopyProgress(terminal: NodeJS.WritableStream | null): CopyProgress {
  let bar: SingleBar | null = null;
  return {
    update(doneBytes, totalBytes) {
      const total = toMegabytes(totalBytes);
      if (terminal === null || total < minSteps) return;
      bar ??= startBar(terminal, total, 'MB copied');
      bar.update(toMegabytes(doneBytes));
    },
    end: () => bar?.stop(),
  };
}

function toMegabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}

function startBar(terminal: NodeJS.WritableStream, total: number, what: string): SingleBar {
  const bar = new SingleBar(
    {
      stream: terminal,
      format: `${what} {bar} {value}/{total}, {eta_formatted} left`,
      clearOnComplete: true,
      // Do not change line wrapping or the cursor: an interrupted command could not restore them.
      linewrap: true,
      hideCursor: null,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return bar;
}
