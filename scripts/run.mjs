// Runs the newswire command from a clone: builds what is stale, then becomes the command itself (one process, so that
// a signal reaches the server).
import { buildIfStale } from './build.mjs';

try {
  await buildIfStale();
  await import('../bin/newswire.js');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
