import { readSettings, type Settings } from '../../config/environment/environment.ts';
import { findMisspeltVariables } from '../../config/environment/misspelt-variables.ts';
import { createLog, type Log } from '../../runtime/log.ts';
import { logOutput } from '../output/log-output.ts';
import type { CliIo } from '../shared/io.ts';
import { type RunningService, runUntilSignal } from '../shared/run-until-signal.ts';

/** How a server is started; `main.ts` does it. */
export type StartServer = (options: { readonly settings: Settings; readonly log: Log }) => Promise<RunningService>;

/** `newswire serve`: runs the server until a signal. */
export async function serve(io: CliIo, start: StartServer = startReal): Promise<number> {
  const settings = readSettings(io.env);
  const log = createLog(settings.logLevel, logOutput(io, settings.logFormat));
  for (const { name, meant } of findMisspeltVariables(io.env)) {
    log.warn({ variable: name }, `unknown variable ${name}; did you mean ${meant}?`);
  }
  return await runUntilSignal(io, async () => await start({ settings, log }), {
    log,
    onStarted: (running) => {
      // Without the role "serve" there is no URL.
      if (io.columns !== null && running.url !== '') io.out(`Newswire is running at ${running.url}\n`);
    },
  });
}

/** Loads the server on demand, so that commands that do not need it start fast. */
async function startReal(options: { readonly settings: Settings; readonly log: Log }): Promise<RunningService> {
  const { startServer } = await import('../../server/start.ts');
  return await startServer(options);
}
