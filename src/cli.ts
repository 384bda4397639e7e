import { runCommand } from './cli/program.ts';
import { processIo } from './cli/shared/io.ts';
import { processEnvironment } from './config/environment/environment.ts';

// `newswire sources | head` closes our output early: that is the reader's right and no failure. A terminal that was
// closed answers EIO; the hang-up signal, which stops what runs in order, is on its way then.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    if (error.code !== 'EIO') throw error;
  });
}

const code = await runCommand(process.argv.slice(2), processIo(processEnvironment()));
// Output into a pipe may still be on its way. Then the end is definite: no forgotten timer keeps the process alive.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}
process.exit(code);
