import { Presets, SingleBar } from 'cli-progress';

/** How far a command is. */
export interface Progress {
  step(): void;
  /** Takes the bar off the screen. */
  end(): void;
}

/** Fewer steps are done before anybody would have read the bar. */
const fewestSteps = 20;

const nothing: Progress = { step: () => undefined, end: () => undefined };

/**
 * A bar that says how many of `total` steps are done.
 *
 * @param terminal where it is drawn; null: nobody looks on.
 */
export function showProgress(terminal: NodeJS.WritableStream | null, total: number, what: string): Progress {
  if (terminal === null || total < fewestSteps) return nothing;
  const bar = new SingleBar(
    {
      stream: terminal,
      format: `${what} {bar} {value}/{total}, {eta_formatted} left`,
      clearOnComplete: true,
      // Neither wrapping nor the cursor is switched off: an interrupted command would leave the terminal so.
      linewrap: true,
      hideCursor: null,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { step: () => bar.increment(), end: () => bar.stop() };
}
