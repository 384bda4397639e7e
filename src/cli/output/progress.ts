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
  return { step: () => bar.increment(), end: () => bar.stop() };
}
