import { existsSync } from 'node:fs';
import sparticuz from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';

// The packed Chromium's default arguments switch web security off: with them, tests of Origin, CORS and CSP prove nothing.
const harmful =
  /^--(disable-web-security|single-process|no-zygote|allow-running-insecure-content|disable-site-isolation-trials|disable-features=)/;
const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];
const system = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A real Chromium with its web security on: the system's when there is one, else the one that npm brought. */
export async function launchBrowser(): Promise<Browser> {
  const own = system.find((file) => existsSync(file));
  if (own !== undefined) {
    return chromium.launch({
      executablePath: own,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
    });
  }
  const args = sparticuz.args.filter((arg) => !harmful.test(arg));
  return chromium.launch({
    executablePath: await sparticuz.executablePath(),
    args: [...args, ...quiet],
    headless: true,
  });
}
