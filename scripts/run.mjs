// Runs the newswire command from a clone: builds dist/ if it is stale, then runs the command in this process, so that a
// signal reaches the server.
import { buildIfStale } from './build.mjs';
import './stop-with-parent.mjs';

try {
  await buildIfStale();
  await import('../bin/newswire.js');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
