import { runCommand } from './cli/program.ts';
import { processIo } from './cli/shared/io.ts';
import { processEnvironment } from './config/environment/environment.ts';

// `newswire sources | head` closes stdout early, which is not an error. A closed terminal returns EIO; SIGHUP, which stops
// the command in order, follows.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    if (error.code !== 'EIO') throw error;
  });
}

const code = await runCommand(process.argv.slice(2), processIo(processEnvironment()));
// Flush output to pipes, then exit explicitly, so that no open timer keeps the process alive.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}
process.exit(code);
