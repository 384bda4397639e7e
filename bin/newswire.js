#!/usr/bin/env node
// The host's Node is judged before anything native is loaded: an older one would crash the process without a word.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 22)) {
  await import('../dist/src/cli.js');
} else {
  process.stderr.write(
    `newswire needs Node.js 22.22 or later; this is ${process.version}. In a clone, run it through npm ("npm start"), which brings its own.\n`,
  );
  process.exitCode = 2;
}
