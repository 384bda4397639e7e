// Starts the built server on a temporary database and checks what a first user sees.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-smoke-'));
const node = path.join(root, 'node_modules', '.bin', 'node');
const deadlineMs = 30_000;

/** Resolves with the URL in the log line `listening`. */
function listening(child) {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => reject(new Error(`no URL within ${deadlineMs} ms; its output:\n${text}`)),
      deadlineMs,
    );
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}; its output:\n${text}`)));
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const line = text.split('\n').find((one) => one.includes('"listening"'));
      if (line === undefined) return;
      clearTimeout(timer);
      resolve(JSON.parse(line).url);
    });
  });
}

async function until(what, check) {
  for (let waited = 0; waited < deadlineMs; waited += 200) {
    if (await check()) return console.log(`smoke: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not within ${deadlineMs} ms: ${what}`);
}

const child = spawn(node, [path.join(root, 'bin', 'newswire.js'), 'serve'], {
  cwd: root,
  env: { ...process.env, PORT: '0', DATABASE_URL: `sqlite:${path.join(folder, 'smoke.sqlite')}` },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  const url = await listening(child);
  const get = (where) => fetch(new URL(where, url));
  await until('healthz and readyz answer 200', async () => (await get('/healthz')).ok && (await get('/readyz')).ok);
  await until('the welcome item is in the RSS feed', async () =>
    (await (await get('/feed.rss')).text()).includes('<item>'),
  );
  for (const where of ['/', '/feed.atom', '/feed.json', '/api/items', '/sources']) {
    await until(`${where} answers 200`, async () => (await get(where)).ok);
  }
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGTERM');
  const code = await ended;
  if (code !== 0) throw new Error(`the server ended with ${code} after SIGTERM`);
  console.log('smoke: the server ends with 0 after SIGTERM');
} catch (error) {
  console.error(`smoke: ${error.message}`);
  process.exitCode = 1;
} finally {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
