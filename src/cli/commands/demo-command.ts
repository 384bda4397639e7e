import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Settings, settingsWithin } from '../../config/environment/environment.ts';
import { type DemoServer, startDemoServer } from '../../demo/demo-server.ts';
import type { Publication } from '../../demo/editor.ts';
import type { Declarations } from '../../domain/polling/source.ts';
import { cleanLine } from '../../runtime/clean-line.ts';
import { type Clock, systemClock } from '../../runtime/clock.ts';
import { createLog, type Log } from '../../runtime/log.ts';
import { logOutput } from '../output/log-output.ts';
import { cutToWidth } from '../output/text-width.ts';
import { isPortFree } from '../shared/free-port.ts';
import type { CliIo } from '../shared/io.ts';
import { type RunningService, runUntilSignal } from '../shared/run-until-signal.ts';

export interface DemoOptions {
  /** Seconds between two publications. */
  readonly every: number;
  readonly seed: number;
}

/** How the demo's server is started; `main.ts` does it. */
export type StartDemoServer = (options: {
  readonly settings: Settings;
  readonly log: Log;
  readonly declarations: Declarations;
  /** Origins other than https from which pages may load images: the demo newsroom has no certificate. */
  readonly pictureOrigins: readonly string[];
}) => Promise<RunningService>;

const pollEveryMs = 5000;

/**
 * `newswire demo`: a newsroom of generated sources and a server that polls them, in a temporary folder. Needs no network and
 * no configuration.
 */
export async function demo(
  io: CliIo,
  options: DemoOptions,
  parts: { readonly start?: StartDemoServer; readonly clock?: Clock } = {},
): Promise<number> {
  const { start = startReal, clock = systemClock } = parts;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'newswire-demo-'));
  const show = (turn: Publication): void => io.out(`${describeTurn(turn, clock.now(), io.columns)}\n`);
  try {
    const defaults = settingsWithin(folder, { LOG_LEVEL: 'warn', ...io.env });
    const log = createLog(defaults.logLevel, logOutput(io, defaults.logFormat));
    const open = async () => await openDemo(io, { ...options, defaults, log, start, clock, show });
    return await runUntilSignal(io, open, {
      log,
      onStarted: (running) => {
        io.out(`Newswire is running at ${running.url}\n`);
        io.out(`Generated sources publish every ${options.every} s. Press Ctrl+C to stop; all data is then deleted.\n`);
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface DemoParts extends DemoOptions {
  readonly defaults: Settings;
  readonly log: Log;
  readonly start: StartDemoServer;
  readonly clock: Clock;
  readonly show: (turn: Publication) => void;
}

async function openDemo(io: CliIo, demo: DemoParts): Promise<RunningService> {
  const { defaults, log } = demo;
  // The demo must also start beside a running server: without an explicit PORT, use any free port.
  const settings = io.env['PORT'] || (await isPortFree(defaults)) ? defaults : { ...defaults, port: 0 };
  const newsroom = await startDemoServer({
    seed: demo.seed,
    intervalMs: demo.every * 1000,
    clock: demo.clock,
    onPublication: demo.show,
  });
  try {
    const declarations = newsroom.declarations(pollEveryMs);
    const server = await demo.start({ settings, log, declarations, pictureOrigins: [newsroom.url] });
    return { ...server, stop: async () => await stopBoth(server, newsroom) };
  } catch (error) {
    await newsroom.close();
    throw error;
  }
}

async function stopBoth(server: RunningService, newsroom: DemoServer): Promise<void> {
  await server.stop();
  await newsroom.close();
}

function describeTurn(turn: Publication, nowMs: number, columns: number | null): string {
  const time = new Date(nowMs).toISOString().slice(11, 19);
  const { outlet, headline } = turn.article;
  const line = `${time}  ${turn.kind.padEnd(10)}  ${cleanLine(`${outlet.title}: ${headline}`)}`;
  return columns === null ? line : cutToWidth(line, columns);
}

async function startReal(options: Parameters<StartDemoServer>[0]): Promise<RunningService> {
  const { startServer } = await import('../../server/start.ts');
  return await startServer(options);
}
