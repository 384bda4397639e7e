// Runs the newswire command from a clone: builds what is stale, then becomes the command itself (one process, so that
// a signal reaches the server).
import { buildIfStale } from './build.mjs';

// npm runs a script in a shell, and a signal to npm ends the shell but does not reach its child. So this process stops
// as by SIGTERM when whoever started it is gone; otherwise it would live on unseen and keep the port.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
}, 250).unref();

try {
  await buildIfStale();
  await import('../bin/newswire.js');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
